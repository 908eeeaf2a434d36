"""What the log says in our words."""

from __future__ import annotations

import logging

import pytest
from django.test import Client


@pytest.mark.one_database("The options decide.")
@pytest.mark.parametrize("host", ["evil.example", "evil example", "x" * 300 + ".example"])
def test_a_strangers_host_is_refused_and_takes_one_line_of_the_log(
    host: str, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert Client(raise_request_exception=False).get("/newsroom/", HTTP_HOST=host).status_code == 400
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"host '{host}'"[:105] in record.getMessage()
    assert "STANDFIRST_HOSTS" in record.getMessage()
    assert "STANDFIRST_ORIGIN" in record.getMessage()
    assert "ALLOWED_HOSTS" not in caplog.text
    assert "Traceback" not in caplog.text
