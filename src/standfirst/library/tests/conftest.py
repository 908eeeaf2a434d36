from __future__ import annotations

import pytest

from standfirst.library.tests.archive import Archive
from tests.again import again


@pytest.fixture
def archive(db: None) -> Archive:
    return again(Archive)
