"""Runs the reader process: granian in this process, on one port, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from types import CoroutineType
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from standfirst.kit.listening import BACKLOG, listening
from standfirst.reader.app import App, Settings

log = logging.getLogger(__name__)

_STOP_SECONDS: Final = 8.0
_MAX_HEAD: Final = 64 << 10
# Connections, idle ones too: a browser keeps several open between two clicks.
_CONNECTIONS: Final = 10_000


def run(settings: Settings, *, host: str, port: int, descriptor: int | None = None) -> int:
    """Serve until told to stop; returns the exit code. Prints one line when it listens.

    With `descriptor`, the socket of that number is used, which listens already. Raises `PortInUse` and `Problem` where
    it must be made and cannot be.
    """
    if descriptor is None:
        descriptor = listening(host, port).detach()
    else:
        os.set_inheritable(descriptor, False)
    _allow_open_files()
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(_serve(settings, host, port, descriptor))
    return 0


class _Server(Server):
    """Granian's embedded server on a socket that there is already, as its own process manager gives one to workers."""

    def __init__(self, *arguments: Any, descriptor: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._descriptor = descriptor

    def _init_shared_socket(self) -> None:
        # Granian closes it in the end, this process's copy only.
        holder: Any = SocketHolder
        self._shd = holder(self._descriptor, False, BACKLOG)
        self._sfd: Any = self._descriptor


class _Loop(asyncio.SelectorEventLoop):
    """The event loop, except that what the application can answer at once never gets into it.

    Granian has a thread of its own that calls Python, and hands each request to the loop, which wakes up for it, makes
    a task and goes round twice: more work than the answer itself. All else is the loop's. Were granian to hand requests
    over in another way, they would only take that longer road again.
    """

    app: App | None = None

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.Handle | None:
        # A request comes as a coroutine that answers it, and who waits for that.
        if self.app is not None and len(arguments) == 2 and isinstance(arguments[0], CoroutineType):
            coroutine, watcher = arguments
            try:
                answered = self.app.at_once(watcher.scope, watcher.proto)
            except Exception:
                log.exception("%s could not be served.", watcher.scope.path)
                coroutine.close()
                self.app.fault(watcher.scope, watcher.proto)
                watcher.done()
                return None
            if answered:
                coroutine.close()
                watcher.done()
                return None
        return super().call_soon_threadsafe(callback, *arguments, context=context)


async def _serve(settings: Settings, host: str, port: int, descriptor: int) -> None:
    app = App(settings)
    server = _Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        descriptor=descriptor,
        backlog=BACKLOG,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.head_seconds * 1000), max_buffer_size=_MAX_HEAD),
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        server.stop()  # type: ignore[no-untyped-call]

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await app.open()
    # What is here by now stays, and an answer makes no circles: there is little to be looked for.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    if isinstance(loop, _Loop):
        loop.app = app
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopping.wait())
    try:
        log.info("Reading at http://%s:%d/", f"[{host}]" if ":" in host else host, port)
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        # Requests under way are finished, but a reader who dawdles does not hold up the others' counts.
        await asyncio.wait({serving}, timeout=_STOP_SECONDS)
    finally:
        waiting.cancel()
        await app.close()
    if serving.done():
        serving.result()
    else:
        log.warning("Some readers were still being served after %d seconds.", _STOP_SECONDS)


def leave(code: int) -> None:
    """End this process now, without Python's own clearing up: granian's threads may still hold connections then."""
    logging.shutdown()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _allow_open_files() -> None:
    """Each connection is an open file, and the usual limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + 1024
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
