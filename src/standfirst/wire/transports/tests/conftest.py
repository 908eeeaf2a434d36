from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from standfirst.kit.outgoing import Outgoing
from standfirst.kit.secrets import Secrets
from standfirst.wire.transports import Job
from standfirst.wire.transports.tests.server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def job() -> Iterator[Any]:
    """Makes a job: `job(settings, secrets, cursor, **more)`."""
    made: list[Outgoing] = []

    def make(settings: Any, secrets: dict[str, str] | None = None, cursor: dict[str, Any] | None = None, **more: Any):
        outgoing = Outgoing(allow_private=more.pop("allow_private", True))
        made.append(outgoing)
        return Job(settings=settings, secrets=Secrets(secrets), cursor=cursor or {}, outgoing=outgoing, **more)

    yield make
    for outgoing in made:
        outgoing.close()
