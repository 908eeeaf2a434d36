"""Mail to those who answer for what is published."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from standfirst.people.models import User
from standfirst.people.roles import PUBLISHER
from standfirst.stories.models import SiteFacts

log = logging.getLogger(__name__)


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
    """Mail the publishers once the current transaction has committed; nobody is told of what was rolled back.

    A mail that cannot be sent is logged, never raised: a kill must not wait for a mail server. Each gets a mail of
    their own, so that no address shows to the others.
    """
    addresses = publishers()
    if not addresses:
        log.warning("Nobody to tell (no publisher has an e-mail address): %s", subject)
        return
    transaction.on_commit(lambda: _send(" ".join(subject.split()), text, addresses), robust=True)


def _send(subject: str, text: str, addresses: list[str]) -> None:
    """Mail one after the other: an address that cannot be written to keeps nobody else from knowing."""
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        log.error("The mail “%s” to %s could not be sent: %s", subject, ", ".join(addresses), error)
        return
    for address in addresses:
        try:
            connection.send_messages([EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address])])
        except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: no address at all
            log.error("The mail “%s” to %s could not be sent: %s", subject, address, error)
    connection.close()
