"""The page of sample files tells what the formats make of them today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[5] / "docs"
FIXTURES = Path(__file__).resolve().parents[6] / "shared" / "fixtures"


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")
def test_the_page_of_sample_files_is_what_the_formats_make_of_them_now() -> None:
    spec = importlib.util.spec_from_file_location("docs_wire_files", DOCS / "wire_files.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "reference" / "wire-files.md").read_text("utf-8")
    assert written == module.page(FIXTURES), "Run `python docs/wire_files.py` and commit what it writes."
