"""`standfirst check`."""

from __future__ import annotations

from datetime import timedelta

from standfirst.cli import check
from standfirst.kit import clock
from standfirst.stories import alerts
from standfirst.stories.models import Alert, SiteFacts


def test_mails_that_wait_for_minutes_are_told_with_the_reason(db: None):
    SiteFacts.objects.update_or_create(pk=1, defaults={"alerts_to": "lawyer@example.org"})
    alerts.mail_publishers("Killed", "x")
    Alert.objects.update(trouble="Connection refused")
    assert check._of_mail() == []
    Alert.objects.update(at=clock.now() - timedelta(minutes=3))
    (found,) = check._of_mail()
    assert found.id == "standfirst.W119"
    assert "Connection refused" in found.says
    assert "STANDFIRST_MAIL" in found.remedy
