"""Ports of this machine: whether a program may listen at one, whether one does, and which is free."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Final

from standfirst.kit.errors import Problem

PORT_IN_USE: Final = 3
"""The exit code of a process whose port is taken. It does not help to try again."""


class PortInUse(Problem):
    """Another program listens at the address."""


BACKLOG: Final = 2048
"""Connections that wait to be let in, while nobody does."""


def check_port(host: str, port: int) -> None:
    """Raise `PortInUse` if a program listens at `host` and `port`, `Problem` if this machine cannot listen there."""
    _bound(host, port).close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port`, shared with nobody. Raises as `check_port` does.

    From now on connections wait there until somebody lets them in. It may be handed to several processes, one after the
    other: what waits, waits for the next.
    """
    bound = _bound(host, port)
    bound.listen(BACKLOG)
    return bound


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )[0]
    except socket.gaierror as error:
        raise Problem(f"{host!r} is no address of this machine: {error.strerror}.") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} is in use: stop the other program or choose another with PORT={_next(port)}."
            ) from error
        if error.errno == errno.EACCES:
            raise Problem(
                f"Port {port} needs an administrator's rights: choose one above 1023, e.g. PORT=8000."
            ) from error
        raise Problem(f"This machine cannot listen at {host}:{port}: {error.strerror}.") from error
    return bound


def _next(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted` if it is free at `host`, else any that is. Raises `Problem` if there is none."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Problem(f"There is no free port at {host}: end a program that listens there.")


def listens(host: str, port: int) -> Callable[[], bool]:
    """A question to ask again and again: does anybody accept connections at `host` and `port`?"""

    def ready() -> bool:
        try:
            socket.create_connection((host, port), timeout=1.0).close()
        except OSError:
            return False
        return True

    return ready


def answers(host: str, port: int, path: str) -> Callable[[], bool]:
    """A question to ask again and again: does a web server at `host` and `port` answer, whatever it says of `path`?

    Other than `listens`, it is not answered by a socket at which connections only wait.
    """

    def ready() -> bool:
        try:
            with socket.create_connection((host, port), timeout=1.0) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                return connection.recv(5) == b"HTTP/"
        except OSError:
            return False

    return ready
