"""Word to those who answer: no mail server holds anybody up, and none that is away loses a mail."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from standfirst.kit import clock
from standfirst.stories import alerts
from standfirst.stories.models import Alert, SiteFacts
from standfirst.stories.tests.cast import Cast
from tests.post import posted


class Session(socketserver.StreamRequestHandler):
    """One conversation of a mail server that knows as much of SMTP as a test needs."""

    server: MailServer

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT" and (code := self.server.refuses.get(line.partition("<")[2].rstrip(">"))):
                self.say(f"{code} not this one")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                self.server.got.append("\n".join(lines))
                self.say("250 kept")
            else:
                self.say("221 bye" if word == "QUIT" else "250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Session)
        self.got: list[str] = []
        self.refuses: dict[str, int] = {}
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def to(self) -> list[str]:
        return sorted(line[4:] for mail in self.got for line in mail.splitlines() if line.startswith("To: "))


@pytest.fixture
def by_smtp(settings: Any) -> Callable[[int], None]:
    def set_up(port: int) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 2

    return set_up


@pytest.fixture
def server(by_smtp: Callable[[int], None]) -> Iterator[MailServer]:
    server = MailServer()
    by_smtp(server.server_address[1])
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def at_its_own_time() -> Iterator[None]:
    yield
    clock.set_offset(timedelta(0))


def test_a_mail_server_that_is_away_for_minutes_loses_no_mail(
    cast: Cast, by_smtp: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    by_smtp(port)
    alerts.mail_publishers("Killed", "By the agency.")
    for seconds in (0, 20, 60, 300, 600):
        clock.set_offset(timedelta(seconds=seconds))
        assert not alerts.send_due()
    assert sum("tried again" in record.getMessage() for record in caplog.records) == 1, "said once"
    assert "refused" in Alert.objects.get().trouble
    server = MailServer(port)
    try:
        clock.set_offset(timedelta(seconds=900))
        assert alerts.send_due()
        assert server.to() == ["paula@example.org"]
        assert "By the agency." in server.got[0]
        assert alerts.send_due()
        assert len(server.got) == 1
    finally:
        server.shutdown()
        server.server_close()


def test_an_address_that_the_mail_server_refuses_keeps_nobody_else_from_knowing(
    cast: Cast, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    SiteFacts.objects.update(alerts_to="gone@example.org\nfull@example.org\nlawyer@example.org")
    server.refuses = {"gone@example.org": 550, "full@example.org": 452}
    alerts.mail_publishers("Killed", "x")
    assert alerts.send_due()
    assert server.to() == ["lawyer@example.org", "paula@example.org"]
    assert "gone@example.org could not be sent, and will not be" in caplog.text
    server.refuses = {}
    clock.set_offset(timedelta(seconds=30))
    assert alerts.send_due()
    assert server.to() == ["full@example.org", "lawyer@example.org", "paula@example.org"]


class Dying(EmailBackend):
    """The program ends while the mail server has its say."""

    def send_messages(self, messages: Any) -> int:
        raise KeyboardInterrupt


def test_a_mail_whose_sender_was_stopped_is_sent_again_rather_than_not_at_all(cast: Cast, settings: Any) -> None:
    working = settings.EMAIL_BACKEND
    alerts.mail_publishers("Killed", "x")
    settings.EMAIL_BACKEND = f"{__name__}.Dying"
    with pytest.raises(KeyboardInterrupt):
        alerts.send_due()
    settings.EMAIL_BACKEND = working
    assert posted() == [], "it may be going out"
    clock.set_offset(alerts.CLAIMED + timedelta(seconds=1))
    assert [mail.to for mail in posted()] == [["paula@example.org"]]
    assert len(posted()) == 1


def test_two_who_look_at_the_same_mails_send_each_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts.mail_publishers("Killed", "x")
    seen = list(Alert.objects.due(clock.now()))
    assert len(posted()) == 1
    monkeypatch.setattr(Alert.objects, "due", lambda now: seen)
    assert len(posted()) == 1


def test_a_mail_that_nobody_takes_for_days_is_given_up(
    cast: Cast, by_smtp: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    by_smtp(1)
    alerts.mail_publishers("Killed", "x")
    clock.set_offset(timedelta(days=2))
    alerts.send_due()
    assert Alert.objects.count() == 1
    clock.set_offset(timedelta(days=4))
    alerts.send_due()
    assert not Alert.objects.exists()
    assert "could not be sent in 3 days" in caplog.text


def test_a_kill_does_not_wait_for_a_mail_server_that_does_not_answer(
    committed: Cast, by_smtp: Callable[[int], None]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        by_smtp(silent.getsockname()[1])
        postman = alerts.Postman()
        postman.start()
        try:
            alerts.mail_publishers("First", "x")
            until = time.monotonic() + 10
            while not Alert.objects.filter(next_at__gt=clock.now()).exclude(trouble="").exists():
                began = time.monotonic()
                with transaction.atomic():
                    alerts.mail_publishers("Killed", "x")
                assert time.monotonic() - began < 1
                assert time.monotonic() < until
                time.sleep(0.2)
        finally:
            postman.stop(patience=10)
    assert Alert.objects.filter(subject="Killed").exists()


def test_word_of_a_kill_is_stored_whatever_its_text_holds(cast: Cast) -> None:
    alerts.mail_publishers("Kil\x00led\r\nBcc: all@example.org", "half a \ud800 pair")
    (message,) = posted()
    assert message.subject == "Killed Bcc: all@example.org"
    assert message.body == "half a ? pair"
