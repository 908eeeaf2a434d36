"""How the worker process begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from standfirst.conf.worker import when_it_can
from standfirst.press.outlet import WrongNewsroom


def test_it_waits_for_an_output_folder_that_is_not_there_yet_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def make() -> Any:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise WrongNewsroom("It does not say which newsroom it is of; is its disk mounted?")
        return "an engine"

    said: list[object] = []
    monkeypatch.setattr("standfirst.conf.worker.log.error", lambda form, *words: said.extend(words))
    engine: Any = when_it_can(make, tmp_path, pause=0.01)
    assert engine == "an engine"
    told = json.loads((tmp_path / "run" / "worker.json").read_text("utf-8"))
    assert told["trouble"].endswith("is its disk mounted?")
    assert len(said) == 1, "each time that it was tried"
