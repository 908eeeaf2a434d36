"""`standfirst check`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Literal

import pytest
from click.testing import CliRunner

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


@pytest.mark.parametrize(("level", "ok"), [("warning", True), ("error", False)])
def test_all_is_well_for_a_script_unless_there_is_an_error(
    level: Literal["warning", "error"], ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_findings", lambda: [check.Finding("standfirst.X", level, "Says.", "Do.")])
    ran = CliRunner().invoke(check.check, ["--json"])
    assert json.loads(ran.stdout)["ok"] is ok
    assert (ran.exit_code == 0) is ok
