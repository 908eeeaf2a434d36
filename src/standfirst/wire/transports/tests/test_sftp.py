"""Against a real sshd on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from standfirst.wire.transports import Arrival, Remember, Skipped, Trouble, sftp

XML = b"<newsItem><p>Text</p></newsItem>"
SSHD = os.environ.get("SSHD") or shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@dataclass(frozen=True)
class Server:
    port: int
    host_key: str
    key: str
    """The private key of somebody who is let in, without a passphrase."""
    locked: str
    """The same with the passphrase “correct horse”."""
    folder: Path


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _without(reason: str) -> NoReturn:
    """Where everything must be tried, what is missing is a fault."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if SSHD is None or shutil.which("sftp") is None:
        _without("There is no sshd here (openssh-server), so SFTP cannot be tried.")
    place = tmp_path_factory.mktemp("sshd")
    place.chmod(0o700)
    for name, secret in (("host", ""), ("user", ""), ("locked", "correct horse")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", secret, "-f", str(place / name)], check=True)
    keys = (place / "user.pub").read_text() + (place / "locked.pub").read_text()
    (place / "authorized").write_text(keys)
    port = _free_port()
    (place / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/authorized\n"
        f"PidFile {place}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        "PermitRootLogin yes\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own demand when root starts it
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(place / "config")], stderr=subprocess.PIPE)
    for _ in range(200):
        if process.poll() is not None:
            said = process.communicate()[1].decode()
            _without(f"sshd does not start here: {said[-300:]}")
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    folder = place / "files"
    folder.mkdir()
    yield Server(
        port,
        (place / "host.pub").read_text(),
        (place / "user").read_text(),
        (place / "locked").read_text(),
        folder,
    )
    process.terminate()
    process.communicate()


@pytest.fixture(autouse=True)
def _empty(request: pytest.FixtureRequest, monkeypatch) -> None:
    monkeypatch.setattr("standfirst.wire.transports._remote.SETTLE", 0.0)


def look(job, server: Server, secrets=None, cursor=None, *, settle: bool = True, trial: bool = False, **settings):
    chosen = sftp.Settings(
        **{
            "host": "127.0.0.1",
            "port": server.port,
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "host_key": server.host_key,
            "folder": str(server.folder),
            **settings,
        }
    )
    found = []
    cursor = dict(cursor or {})
    secrets = {"key": server.key} if secrets is None else secrets
    for one in sftp.fetch(job(chosen, secrets, cursor, trial=trial, allow_private=True)):
        found.append(one)
        if isinstance(one, Arrival) and settle:
            one.settled()
        if isinstance(one, Remember):
            cursor = one.cursor
    return found, cursor


def names(found) -> list[str]:
    return sorted(one.file_name for one in found if isinstance(one, Arrival))


def test_files_come_with_their_pictures_and_go_once_they_are_sealed(job, server: Server):
    files = {
        "story one.xml": b'<a><i href="one.jpg"/></a>',
        "Zürich [1].xml": XML,
        "one.jpg": b"\xff\xd8picture",
        "later.part": XML,
    }
    for name, data in files.items():
        (server.folder / name).write_bytes(data)
    (server.folder / "link.xml").symlink_to("/etc/passwd")
    assert names(look(job, server, trial=True, settle=False)[0]) == ["Zürich [1].xml", "story one.xml"]
    found, cursor = look(job, server, afterwards="leave")
    assert names(found) == ["Zürich [1].xml", "story one.xml"]
    assert [one.parts for one in found if isinstance(one, Arrival) and one.parts] == [{"one.jpg": b"\xff\xd8picture"}]
    assert names(look(job, server, cursor=cursor, afterwards="leave")[0]) == []
    assert names(look(job, server)[0]) == ["Zürich [1].xml", "story one.xml"]
    assert {path.name for path in server.folder.iterdir()} == {"later.part", "link.xml"}
    (server.folder / "b.xml").write_bytes(XML)
    assert names(look(job, server, afterwards="move")[0]) == ["b.xml"]
    assert [path.name.partition("-")[2] for path in (server.folder / "done").iterdir()] == ["b.xml"]


@pytest.mark.deep  # sshd makes those wait who guess
def test_a_key_with_a_passphrase_works_and_a_wrong_one_is_said(job, server: Server):
    look(job, server, {"key": server.locked, "passphrase": "correct horse"})
    with pytest.raises(Trouble, match=r"does not let us in|cannot be used") as caught:
        look(job, server, {"key": server.locked, "passphrase": "wrong-hush"})
    assert "wrong-hush" not in str(caught.value)


def test_a_server_with_another_key_is_never_spoken_to(job, server: Server):
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5nRzQIZKzHyVX0ULzUwbVsV1XrWUmE1hPsWd0YIM2L"
    with pytest.raises(Trouble, match="another key than the one"):
        look(job, server, host_key=other)


def test_what_the_server_refuses_is_a_sentence(job, server: Server):
    with pytest.raises(Trouble, match="no folder /nowhere"):
        look(job, server, folder="/nowhere")
    with pytest.raises(Trouble, match="does not let us in"):
        look(job, server, {"password": "wrong-hush"})
    if os.geteuid() != 0:
        (server.folder / "a.xml").write_bytes(XML)
        server.folder.chmod(0o500)
        found, _ = look(job, server)
        server.folder.chmod(0o700)
        assert any(isinstance(one, Skipped) for one in found)


def test_a_machine_without_the_program_says_so(job, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Trouble, match="install OpenSSH"):
        list(sftp.fetch(job(sftp.Settings(host="a", user="ann", host_key=""), {})))


def test_what_cannot_work_is_said_before_anything_is_asked():
    key = "[a.example]:22 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5nRzQIZKzHyVX0ULzUwbVsV1XrWUmE1hPsWd0YIM2L"

    def wrong(*secrets: str, **settings) -> list[str]:
        return [name for name, _ in sftp.check(sftp.Settings(**settings), frozenset(secrets))]

    assert wrong("key", host="sftp.cpa.example", user="ann", host_key=key) == []
    assert wrong("key", host="-oProxyCommand=x", user="ann", host_key=key) == ["host"]
    assert wrong("key", host="a", user="-x", host_key=key) == ["user"]
    assert wrong("key", host="a", user="ann", host_key="SHA256:abc") == ["host_key"]
    assert wrong(host="a", user="ann", host_key=key, folder='x"\n!sh') == ["folder", "password"]
