"""Mail to those who answer for what is published.

A mail is a row that commits with what it tells of, and is sent by a thread beside: nobody is told of what was rolled
back, nothing and nobody waits for a mail server, and one that is away for a while loses no mail.
"""

from __future__ import annotations

import logging
import smtplib
import threading
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, InterfaceError, connections

from standfirst.changes import databases
from standfirst.kit import clock
from standfirst.people.models import User
from standfirst.people.roles import PUBLISHER
from standfirst.stories.models import Alert, SiteFacts

log = logging.getLogger(__name__)

CLAIMED: Final = timedelta(minutes=2)
"""For so long a mail is left to who sends it. A program that ends meanwhile leaves it: it is sent again, rather than
not at all."""

AGAIN, LONGEST_AGAIN = timedelta(seconds=5), timedelta(minutes=5)
"""When what could not be sent is tried again: first, and however long it has waited."""

GIVEN_UP: Final = timedelta(days=3)
"""Age at which a mail that could not be sent is given up: what it tells has been on the desk all the while."""

AT_ONCE: Final = 50
IDLE: Final = 1.0
"""Seconds between two looks at what is to be sent."""


def publishers() -> list[str]:
    """E-mail addresses of everybody who is told of kills: active publishers and the newsroom's own list, each once."""
    found = list(
        User.objects.filter(groups__name=PUBLISHER, is_active=True)
        .exclude(email="")
        .order_by("pk")
        .values_list("email", flat=True)
    )
    listed = SiteFacts.objects.values_list("alerts_to", flat=True).first() or ""
    found += [address.strip() for address in listed.replace(",", "\n").splitlines() if "@" in address]
    once: dict[str, str] = {}
    for address in found:
        once.setdefault(address.lower(), address)
    return list(once.values())


def mail_publishers(subject: str, text: str) -> None:
    """Have the publishers mailed once the current transaction has committed.

    Each gets a mail of their own, so that no address shows to the others.
    """
    addresses = publishers()
    if not addresses:
        log.warning("Nobody to tell (no publisher has an e-mail address): %s", subject)
        return
    now = clock.now()
    subject, text = " ".join(_storable(subject).split()), _storable(text)
    Alert.objects.bulk_create(
        Alert(to=_storable(address), subject=subject, text=text, at=now, next_at=now) for address in addresses
    )


def _storable(text: str) -> str:
    """Without what a database refuses: a kill must not fail because of its mail."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def send_due() -> bool:
    """Send the mails that wait. False if the mail server could not be used. Call it outside of a transaction.

    Any number of programs may: who moves `next_at` on is who sends.
    """
    due = list(Alert.objects.due(clock.now())[:AT_ONCE])
    if not due:
        return True
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        for alert in due:
            _put_off(alert, error)
        return False
    try:
        return all(_sent(alert, connection) for alert in due)
    finally:
        try:
            connection.close()
        except (OSError, smtplib.SMTPException) as error:
            log.info("The mail server did not take leave: %s", error)


def _sent(alert: Alert, connection: BaseEmailBackend) -> bool:
    """Send one mail. False if that failed in a way that the next one would fail, too."""
    claimed = clock.now() + CLAIMED
    if not Alert.objects.filter(pk=alert.pk, next_at=alert.next_at).update(next_at=claimed):
        return True
    alert.next_at = claimed
    mail = EmailMessage(alert.subject, alert.text, settings.DEFAULT_FROM_EMAIL, [alert.to], connection=connection)
    try:
        mail.send()
    except (ValueError, smtplib.SMTPRecipientsRefused) as error:  # ValueError: no address at all
        if isinstance(error, ValueError) or all(code >= 500 for code, _ in error.recipients.values()):
            log.error("The mail %s could not be sent, and will not be: %s", alert, error)
            Alert.objects.filter(pk=alert.pk).delete()
        else:
            _put_off(alert, error)
    except smtplib.SMTPResponseException as error:
        _put_off(alert, error)
    except (OSError, smtplib.SMTPException) as error:
        _put_off(alert, error)
        return False
    else:
        Alert.objects.filter(pk=alert.pk).delete()
    return True


def _put_off(alert: Alert, error: Exception) -> None:
    """Have it tried again, the later the longer it has waited."""
    now = clock.now()
    ours = Alert.objects.filter(pk=alert.pk, next_at=alert.next_at)
    why = str(error) or type(error).__name__
    if now - alert.at > GIVEN_UP:
        log.error("The mail %s could not be sent in %d days, and will not be: %s", alert, GIVEN_UP.days, why)
        ours.delete()
        return
    if why != alert.trouble:
        log.error("The mail %s could not be sent, and is tried again: %s", alert, why)
    ours.update(next_at=now + min(max(AGAIN, (now - alert.at) / 4), LONGEST_AGAIN), trouble=_storable(why))


def waiting_since(now: datetime) -> Alert | None:
    """The first mail that could not be sent for some minutes, if there is one."""
    return Alert.objects.filter(at__lt=now - timedelta(minutes=2)).order_by("id").first()


class Postman:
    """Sends mails in a thread of its own: in the worker, and where the wire runs."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Let the mail at hand go out, if that takes no longer than `patience` seconds."""
        self._stopping.set()
        self._thread.join(patience)

    def _run(self) -> None:
        identity = databases.identity()
        try:
            while not self._stopping.wait(IDLE):
                if databases.gone() or databases.identity() != identity:
                    # A file put back from a backup must not be written through an old handle.
                    connections.close_all()
                    identity = databases.identity()
                    continue
                self._look()
        finally:
            connections.close_all()

    def _look(self) -> None:
        try:
            if not send_due():
                self._stopping.wait(AGAIN.total_seconds())
            self._trouble = ""
        except (DatabaseError, InterfaceError):
            connections.close_all()  # the worker and the wire say so
        except Exception as fault:
            if str(fault) != self._trouble:
                log.exception("Mails could not be sent")
            self._trouble = str(fault)
            self._stopping.wait(AGAIN.total_seconds())
