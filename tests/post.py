"""Post: what the newsroom has mailed by now."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage

from standfirst.stories import alerts


def posted() -> list[EmailMessage]:
    """Every mail that has gone out in this test, after the postman's next round."""
    alerts.send_due()
    sent: list[EmailMessage] = mail.outbox
    return sent
