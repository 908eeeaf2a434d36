"""Mailboxes, against a real IMAP server on loopback."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from standfirst.wire.transports import Arrival, Limits, Note, Remember, Skipped, Trouble, imap
from tests.certificates import self_signed

pytest.importorskip("pymap", reason="pymap (a mail server for tests) is not installed.")

HUSH = "correct-horse-battery"
BOX = {"host": "127.0.0.1", "user": "desk", "security": "none"}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def started(*options: str) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    # Its passwords are hashed half a million times by default: nobody attacks this one.
    cheap = "from pysasl.hashing import BuiltinHash; BuiltinHash.__init__.__kwdefaults__['rounds'] = 1"
    command = [sys.executable, "-c", f"{cheap}; from pymap.main import main; main()"]
    listening = ["--host", "127.0.0.1", "--port", str(port), "--no-service", "admin", "--no-service", "managesieve"]
    mailbox = ["dict", "--demo-user", "desk", "--demo-password", HUSH]
    server = subprocess.Popen([*command, *listening, *options, *mailbox], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server, port
        except OSError:
            time.sleep(0.05)
    server.kill()
    pytest.fail("The mail server does not start.")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server, number = started("--no-tls")
    yield number
    server.terminate()
    server.wait()


@pytest.fixture
def box(port: int) -> Iterator[imaplib.IMAP4]:
    """The mailbox as somebody else sees it, its INBOX empty."""
    client = imaplib.IMAP4("127.0.0.1", port)
    client.login("desk", HUSH)
    client.select("INBOX")
    client.store("1:*", "+FLAGS", "(\\Deleted)")
    client.expunge()
    yield client
    client.logout()


def letter(number: int, text: str = "Crews return.") -> bytes:
    return f"From: Harbour <desk@h.test>\r\nSubject: =?utf-8?q?F=C3=A4hre?= {number}\r\n\r\n{text}\r\n".encode()


def put(box: imaplib.IMAP4, *letters: bytes) -> None:
    for one in letters:
        box.append("INBOX", "", "", one)


def look(job, port: int, cursor=None, stop_after: int | None = None, settle: bool = True, secret: str = HUSH, **more):
    """(what one look yields, the cursor after it), as the caller of a transport deals with them."""
    settings = imap.Settings(**{**BOX, "port": port, **more.pop("settings", {})})
    cursor = dict(cursor or {})
    found = []
    looking: Any = imap.fetch(job(settings, {"password": secret}, cursor, **more))
    for one in looking:
        found.append(one)
        if isinstance(one, Arrival) and stop_after == len(found):
            break  # killed before it was sealed
        if isinstance(one, Arrival | Remember) and one.cursor is not None:
            cursor = one.cursor
        if isinstance(one, Arrival) and settle:
            one.settled()
    looking.close()
    return found, cursor


def files(found) -> list[bytes | None]:
    return [one.data for one in found if isinstance(one, Arrival)]


def test_each_message_comes_once_as_it_is_and_is_left_unread(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1), letter(2))
    found, cursor = look(job, port)
    assert files(found) == [letter(1), letter(2)]
    assert found[0].envelope["subject"] == "Fähre 1" and found[0].envelope["from"] == "Harbour <desk@h.test>"
    assert look(job, port, cursor) == ([], cursor)
    put(box, letter(3))
    found, cursor = look(job, port, cursor)
    assert files(found) == [letter(3)]
    box.select("INBOX")
    assert box.search(None, "UNSEEN")[1][0].split() == [b"1", b"2", b"3"]
    assert HUSH not in repr(found) and HUSH not in repr(cursor)


def test_a_crash_before_sealing_loses_nothing(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1), letter(2), letter(3))
    found, cursor = look(job, port, stop_after=2)
    assert files(found) == [letter(1), letter(2)]
    found, cursor = look(job, port, cursor)
    assert files(found) == [letter(2), letter(3)]


def test_messages_are_moved_only_once_they_are_sealed(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1), letter(2))
    moving = {"moved_to": "Wire done"}
    found, cursor = look(job, port, settings=moving, stop_after=1)
    box.select("INBOX")
    assert len(box.search(None, "ALL")[1][0].split()) == 2
    # The power fails between sealing and moving: it is moved later, and not fetched again.
    found, cursor = look(job, port, cursor, settings=moving, settle=False)
    assert len(files(found)) == 2
    assert files(look(job, port, cursor, settings=moving)[0]) == []
    box.select("INBOX")
    assert box.search(None, "ALL")[1][0].split() == []
    box.select('"Wire done"')
    assert len(box.search(None, "ALL")[1][0].split()) == 2


def test_a_message_that_is_too_large_is_told_and_holds_up_no_other(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1), letter(2, "x" * 5000), letter(3))
    small = Limits(bytes=2000)
    for settings in ({}, {"moved_to": "Kept"}):
        found, cursor = look(job, port, limits=small, settings=settings)
        assert len(files(found)) == 2
        (skipped,) = [one for one in found if isinstance(one, Skipped)]
        assert "stays in the mailbox" in skipped.why
        found, _ = look(job, port, cursor, limits=small, settings=settings)
        assert found == []
    box.select("INBOX")
    assert box.search(None, "LARGER", "3000")[1][0].split()


def test_only_so_many_come_in_one_look_and_the_rest_with_the_next(job, port: int, box: imaplib.IMAP4):
    put(box, *(letter(number) for number in range(5)))
    found, cursor = look(job, port, limits=Limits(files=2))
    assert files(found) == [letter(0), letter(1)]
    assert files(look(job, port, cursor)[0]) == [letter(2), letter(3), letter(4)]


def test_all_come_again_if_the_server_numbers_anew(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1))
    _, cursor = look(job, port)
    found, after = look(job, port, {**cursor, "validity": cursor["validity"] + 1})
    assert files(found) == [letter(1)] and after == cursor
    assert any(isinstance(one, Note) for one in found)


def test_old_messages_stay_out_at_first_and_new_ones_do_not(job, port: int, box: imaplib.IMAP4):
    long_ago = imaplib.Time2Internaldate(datetime.now(UTC) - timedelta(days=30))
    box.append("INBOX", "", long_ago, letter(1))
    found, cursor = look(job, port)
    assert files(found) == []
    put(box, letter(2))
    assert files(look(job, port, cursor)[0]) == [letter(2)]


def test_a_trial_shows_and_changes_nothing(job, port: int, box: imaplib.IMAP4):
    put(box, letter(1), letter(2), letter(3))
    found, _ = look(job, port, settings={"moved_to": "Elsewhere"}, trial=True, settle=False, limits=Limits(files=2))
    assert files(found) == [letter(2), letter(3)]
    box.select("INBOX")
    assert len(box.search(None, "ALL")[1][0].split()) == 3
    assert b"Elsewhere" not in b"".join(row for row in box.list()[1] if isinstance(row, bytes))


@pytest.mark.parametrize(
    ("settings", "secret", "says"),
    [
        ({}, "wrong", "user name and password"),
        ({"folder": "Nowhere"}, HUSH, "no folder"),
        ({"security": "starttls"}, HUSH, "refused, or broke off"),
        ({"security": "tls"}, HUSH, "does not speak TLS|broke|in time"),
    ],
)
def test_what_goes_wrong_is_a_sentence_without_secrets(job, port: int, settings, secret: str, says: str):
    with pytest.raises(Trouble, match=says) as caught:
        look(job, port, settings=settings, secret=secret, limits=Limits(seconds=3))
    assert HUSH not in str(caught.value) and ":" in str(caught.value)


def test_a_server_that_is_not_there_or_not_allowed_is_trouble(job, port: int):
    with pytest.raises(Trouble, match="refuses connections"):
        look(job, free_port())
    with pytest.raises(Trouble, match="network"):
        look(job, port, allow_private=False)


@pytest.mark.deep
def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_password_is_sent(job, tmp_path: Path):
    made = self_signed("127.0.0.1", tmp_path)
    server, port = started("--cert", str(made.chain), "--key", str(made.key))
    try:
        for security in ("starttls", "tls"):
            with pytest.raises(Trouble, match=r"certificate|TLS|broke"):
                look(job, port, settings={"security": security}, limits=Limits(seconds=3))
    finally:
        server.terminate()
        server.wait()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": "imap.h.test", "security": "none"}, "security"),
        ({"host": "https://imap.h.test/"}, "host"),
        ({"senders": ("not an address",)}, "senders"),
        ({"mail_servers": ("mx h",)}, "mail_servers"),
        ({"moved_to": "INBOX"}, "moved_to"),
    ],
)
def test_settings_that_cannot_work_are_told_at_their_field(changed, field: str):
    settings = imap.Settings(**{"host": "imap.h.test", "user": "desk", **changed})
    assert [name for name, _ in imap.check(settings, frozenset({"password"}))] == [field]
    good = imap.Settings(host="imap.h.test", user="d", senders=("a@h.test", "h.test", "@h.test"))
    assert list(imap.check(good, frozenset({"password"}))) == []
    assert [name for name, _ in imap.check(good, frozenset())] == ["password"]
