"""Mail to those who answer for what is published, when an agency takes copy back."""

from __future__ import annotations

import logging
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from standfirst.people.models import User
from standfirst.people.roles import PUBLISHER
from standfirst.stories.models import SiteFacts

log = logging.getLogger("standfirst.wire")


def recipients() -> list[str]:
    """Addresses of the publishers and of those whom the facts of the newsroom name, each once."""
    publishers = (
        User.objects.filter(groups__name=PUBLISHER, is_active=True).exclude(email="").values_list("email", flat=True)
    )
    facts = SiteFacts.objects.filter(pk=1).first()
    further = facts.alerts_to.split() if facts else []
    return list(dict.fromkeys([*publishers, *further]))


def tell(*, subject: str, lines: list[str]) -> None:
    """Send one mail after the transaction has been committed. A mail that fails is logged and stops nothing."""
    transaction.on_commit(partial(_send, subject, "\n".join(lines)), robust=True)


def _send(subject: str, text: str) -> None:
    to = recipients()
    if not to:
        log.warning("Nobody could be told by mail: %s. Give publishers an address.", subject)
        return
    try:
        EmailMessage(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, to).send()
    except (OSError, SMTPException, ValueError) as error:
        log.error("The mail “%s” could not be sent: %s", subject, error)
