from __future__ import annotations

import pytest

from standfirst.library.tests.archive import Archive


@pytest.fixture
def archive(db: None) -> Archive:
    return Archive()
