"""`python -m standfirst.reader`: one reader process. `standfirst serve` starts it together with the others."""

from __future__ import annotations

import logging
import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from standfirst.kit.errors import Problem
from standfirst.kit.listening import PORT_IN_USE, PortInUse
from standfirst.reader.app import Settings
from standfirst.reader.serve import leave, run


def _address(value: str) -> str:
    parts = urlsplit(value)
    try:
        known = parts.scheme == "http" and parts.hostname and parts.port
    except ValueError:
        known = None
    if value and not known:
        raise ArgumentTypeError(f"{value!r} is not an address like http://127.0.0.1:8001")
    return value


def _positive(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{value!r} is not a number above 0")
    return number


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ArgumentTypeError(f"{value!r} is not a port from 1 to 65535")
    return int(value)


def _descriptor(value: str) -> int:
    try:
        number = int(value)
        with socket.socket(fileno=os.dup(number)) as found:
            listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except (OSError, ValueError):
        listens = 0
    if not listens:
        raise ArgumentTypeError(f"{value!r} is not the descriptor of a socket that listens")
    return number


def _parser() -> ArgumentParser:
    env = os.environ
    parser = ArgumentParser(
        prog="python -m standfirst.reader",
        description="Serve a newsroom's output folder, count reads, and pass the newsroom's own addresses on.",
        epilog="Example: python -m standfirst.reader --home newsroom --port 8000 --newsroom http://127.0.0.1:8001",
    )
    parser.add_argument(
        "--home", type=Path, default=env.get("STANDFIRST_HOME", "newsroom"), help="the newsroom's folder"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=env.get("PORT", "8000"), help="port (default: %(default)s)")
    parser.add_argument(
        "--socket",
        type=_descriptor,
        metavar="NUMBER",
        help="descriptor of a socket that listens there already, as `standfirst serve` hands one on",
    )
    parser.add_argument(
        "--newsroom",
        type=_address,
        default=env.get("STANDFIRST_NEWSROOM", ""),
        help="where the newsroom process listens, e.g. http://127.0.0.1:8001; without it, its addresses answer 503",
    )
    parser.add_argument("--memory", type=_positive, default="64", help="megabytes of pages kept (default: %(default)s)")
    parser.add_argument(
        "--upload-limit", type=_positive, default="512", help="megabytes of one upload at most (default: %(default)s)"
    )
    parser.add_argument(
        "--answer-seconds", type=_positive, default="120", help="how long the newsroom may take (default: %(default)s)"
    )
    parser.add_argument(
        "--head-seconds", type=_positive, default="15", help="how long a request's head may take (default: %(default)s)"
    )
    parser.add_argument(
        "--flush-seconds", type=_positive, default="60", help="how often counts are written (default: %(default)s)"
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy before this one, e.g. for TLS, whose X-Forwarded-* headers are believed; repeatable",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a reader process with these command-line arguments; returns the exit code."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    settings = Settings(
        home=asked.home.resolve(),
        newsroom=asked.newsroom,
        memory=int(asked.memory * (1 << 20)),
        upload_limit=int(asked.upload_limit * (1 << 20)),
        answer_seconds=asked.answer_seconds,
        head_seconds=asked.head_seconds,
        flush_seconds=asked.flush_seconds,
        trusted_proxies=frozenset(asked.trusted_proxy),
    )
    try:
        return run(settings, host=asked.host, port=asked.port, descriptor=asked.socket)
    except PortInUse as problem:
        sys.stderr.write(f"{problem}\n")
        return PORT_IN_USE
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    leave(main())
