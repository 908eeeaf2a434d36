from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from standfirst.wire.transports import Arrival, Remember, Skipped, Trouble, ftp
from tests.certificates import self_signed

XML = b"<newsItem><p>Text</p></newsItem>"
HUSH = "correct-horse-battery"


@contextmanager
def serving(folder: Path, handler: type = FTPHandler, *, rights: str = "elradfmwMT", **more: Any) -> Iterator[int]:
    """A server of files on loopback; yields its port."""
    authorizer = DummyAuthorizer()
    authorizer.add_user("ann", HUSH, str(folder), perm=rights)
    made = type(
        "Handler", (handler,), {"authorizer": authorizer, "use_gmt_times": True, "auth_failed_timeout": 0, **more}
    )
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), made, ioloop=loop)
    port = server.socket.getsockname()[1]
    stopped = threading.Event()

    def run() -> None:
        while not stopped.is_set():
            loop.loop(timeout=0.01, blocking=False)
        server.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        stopped.set()
        thread.join()


def look(job, port: int, cursor=None, *, password: str = HUSH, settle: bool = True, **settings):
    found = []
    settings = {"host": "127.0.0.1", "port": port, "user": "ann", "security": "none", **settings}
    trial = settings.pop("trial", False)
    cursor = dict(cursor or {})
    for one in ftp.fetch(job(ftp.Settings(**settings), {"password": password}, cursor, trial=trial)):
        found.append(one)
        if isinstance(one, Arrival) and settle:
            one.settled()
        if isinstance(one, Remember):
            cursor = one.cursor
    return found, cursor


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    monkeypatch.setattr("standfirst.wire.transports._remote.SETTLE", 0.0)


def names(found) -> list[str]:
    return [one.file_name for one in found if isinstance(one, Arrival)]


def test_files_are_fetched_with_their_pictures_and_deleted_once_sealed(job, tmp_path: Path):
    (tmp_path / "story.xml").write_bytes(b'<a><i href="one.jpg"/></a>')
    (tmp_path / "one.jpg").write_bytes(b"\xff\xd8picture")
    (tmp_path / "later.xml.part").write_bytes(XML)
    (tmp_path / "Zürich.xml").write_bytes(XML)
    with serving(tmp_path) as port:
        assert len(names(look(job, port, trial=True, settle=False)[0])) == 2
        assert len(names(look(job, port, settle=False)[0])) == 2
        assert (tmp_path / "story.xml").exists()  # not sealed: it is still there
        found, _ = look(job, port)
        assert sorted(names(found)) == ["Zürich.xml", "story.xml"]
        assert next(one.parts for one in found if one.file_name == "story.xml") == {"one.jpg": b"\xff\xd8picture"}
        assert [path.name for path in tmp_path.iterdir()] == ["later.xml.part"]
        assert names(look(job, port)[0]) == []


def test_files_are_moved_or_left_and_not_taken_twice(job, tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.xml").write_bytes(XML)
    with serving(tmp_path) as port:
        _, cursor = look(job, port, folder="in", afterwards="leave")
        assert names(look(job, port, cursor, folder="in", afterwards="leave")[0]) == []
        (tmp_path / "in/a.xml").write_bytes(XML + b"\n")
        assert names(look(job, port, cursor, folder="in", afterwards="move")[0]) == ["a.xml"]
        assert (tmp_path / "in/done/a.xml").exists()
        (tmp_path / "in/deep").mkdir()
        (tmp_path / "in/deep/b.xml").write_bytes(XML)
        assert names(look(job, port, folder="in")[0]) == []
        assert names(look(job, port, folder="in", subfolders=True)[0]) == ["deep/b.xml"]
    with serving(tmp_path, rights="elr") as port:
        (tmp_path / "c.xml").write_bytes(XML)
        found, cursor = look(job, port)
        assert ["ask the agency for the right" in one.why for one in found if isinstance(one, Skipped)] == [True]
        assert names(look(job, port, cursor)[0]) == []


def test_a_file_that_is_cut_off_waits_until_it_stays_so(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(XML[:-12])
    with serving(tmp_path) as port:
        found, cursor = look(job, port)
        assert names(found) == []
        assert names(look(job, port, cursor)[0]) == ["a.xml"]


def test_a_server_that_knows_no_modern_listing_is_read_too(job, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(XML)
    (tmp_path / "folder").mkdir()
    commands = {name: what for name, what in FTPHandler.proto_cmds.items() if name != "MLSD"}
    with serving(tmp_path, proto_cmds=commands) as port:
        assert names(look(job, port)[0]) == ["a.xml"]
        assert names(look(job, port)[0]) == []


def test_refusals_are_sentences_without_the_password(job, tmp_path: Path):
    with serving(tmp_path) as port:
        with pytest.raises(Trouble, match="does not accept user name") as caught:
            look(job, port, password="wrong-hush")
        assert "wrong-hush" not in str(caught.value)
        with pytest.raises(Trouble, match="no way into the folder"):
            look(job, port, folder="nowhere")
        with pytest.raises(Trouble, match="does not offer this protection"):
            look(job, port, security="explicit")
    with pytest.raises(Trouble, match="refuses connections"):
        look(job, port)
    with pytest.raises(Trouble, match="own network"):
        list(ftp.fetch(job(ftp.Settings(host="127.0.0.1", security="none"), {}, allow_private=False)))


def test_a_protected_server_is_believed_by_its_certificate_only(job, tmp_path: Path):
    made = self_signed("ftp.cpa.example", tmp_path)
    pem = made.chain.read_text()
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.xml").write_bytes(XML)
    more: dict[str, Any] = {
        "certfile": str(made.both),
        "ssl_context": None,
        "tls_control_required": True,
        "tls_data_required": True,
    }
    with serving(tmp_path / "files", TLS_FTPHandler, **more) as port:
        with pytest.raises(Trouble, match="not one that is believed"):
            look(job, port, security="explicit")
        assert names(look(job, port, security="explicit", certificate=pem)[0]) == ["a.xml"]


def test_what_cannot_work_is_said_before_anything_is_asked():
    def wrong(*secrets: str, **settings: Any) -> list[str]:
        return [name for name, _ in ftp.check(ftp.Settings(**settings), frozenset(secrets))]

    assert wrong("password", host="ftp.cpa.example", user="ann") == []
    assert wrong(host="ftp.cpa.example") == []
    assert wrong(host="ftp://cpa.example/") == ["host"]
    assert wrong(host="ftp.cpa.example", user="ann") == ["password"]
    assert wrong("password", host="a", folder="x\r\nDELE y") == ["folder"]
    assert wrong("password", host="a", certificate="nonsense") == ["certificate"]
