"""`standfirst wire index`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from standfirst.cli import wire_index
from standfirst.conf import setup
from standfirst.wire.models import Facet
from standfirst.wire.tests.agency import Desk, desk, g2  # noqa: F401 - `desk` is a fixture


def test_the_index_is_written_anew_and_says_how_much_it_holds(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(setup, "open_newsroom", lambda: None)
    desk.wait(g2("match", extra='<subject type="cpnat:abstract" qcode="medtop:20001065"/>'))
    Facet.objects.all().delete()
    result = CliRunner().invoke(wire_index.index, [])
    assert (result.exit_code, result.stdout) == (0, "1 item in the index.\n")
    assert {"soccer", "sport"} <= set(Facet.objects.values_list("label", flat=True))
