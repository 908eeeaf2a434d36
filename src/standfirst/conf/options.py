"""Everything that an operator may set: one row each, none needed to start.

A value comes from the environment variable of the same name, else from `standfirst.toml` in the newsroom's folder
(keys in lower case without the `STANDFIRST_` prefix), else from the default. A bad value stops the start with its name
in the message.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from standfirst.kit.errors import Misconfigured

OPTIONS: tuple[tuple[str, str | int, str], ...] = (
    ("STANDFIRST_HOME", "newsroom", "Folder that holds all of this newsroom: databases, received files, output."),
    ("STANDFIRST_HOST", "127.0.0.1", "Address on which the reader process listens."),
    ("PORT", 8000, "Port on which the reader process listens."),
    ("STANDFIRST_NEWSROOM_PORT", 0, "Loopback port of the newsroom process. 0: the port after PORT, or any free one."),
    ("STANDFIRST_ORIGIN", "", "Public scheme and host, e.g. https://news.example. Empty: http://127.0.0.1:PORT."),
    ("STANDFIRST_HOSTS", "", "Further host names under which the newsroom may be reached, separated by commas."),
    (
        "STANDFIRST_TRUSTED_PROXIES",
        "",
        "Addresses of proxies in front, e.g. for TLS, whose X-Forwarded headers are believed, separated by commas.",
    ),
    ("DATABASE_URL", "", "Newsroom's database: postgresql://user@host/name. Empty: SQLite in the folder."),
    ("PRESS_DATABASE_URL", "", "Press's ledger, which can be rebuilt at any time. Empty: SQLite in the folder."),
    ("STANDFIRST_SECRET_KEY", "", "Signs sessions. Empty: made at the first start and kept in the folder."),
    ("STANDFIRST_MAIL", "", "Outgoing mail: smtp://user:password@host:port or smtps://. Empty: written to files."),
    ("STANDFIRST_MAIL_FROM", "newsroom@localhost", "Sender of the newsroom's own mail."),
    ("STANDFIRST_WIRE_LIMIT", 20 * 1024 * 1024, "Largest wire file that is read, in bytes. Larger: sealed only."),
    ("STANDFIRST_UPLOAD_LIMIT", 32 * 1024 * 1024, "Largest upload to the newsroom, in bytes."),
    ("STANDFIRST_CACHE", 64 * 1024 * 1024, "Memory that the reader process may use for pages, in bytes."),
    ("STANDFIRST_HOT_PATHS", 40, "How many pages carry the rails in full."),
    ("STANDFIRST_RANKING_SECONDS", 60, "Seconds between two rankings of the most read stories. At least 60."),
    ("STANDFIRST_READS_SECONDS", 60, "Seconds between two flushes of the read counts."),
    ("STANDFIRST_SWEEP_SECONDS", 60, "Seconds between two sweeps for changes that went round the usual doors."),
    (
        "STANDFIRST_AVIF_SECONDS",
        60,
        "Seconds for which a story has stood when its pictures get lighter copies, in AVIF, in idle time. 0: none.",
    ),
    ("STANDFIRST_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
)
"""(name, default, help)"""

_LEAST = {"STANDFIRST_RANKING_SECONDS": 60, "STANDFIRST_READS_SECONDS": 1, "STANDFIRST_SWEEP_SECONDS": 5}
_PORTS = {"PORT": 1, "STANDFIRST_NEWSROOM_PORT": 0}


@dataclass(frozen=True, slots=True)
class Options:
    """The newsroom's options, checked. Paths are absolute, sizes in bytes, times in seconds."""

    home: Path
    host: str
    port: int
    newsroom_port: int
    origin: str
    hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    database_url: str
    press_database_url: str
    secret_key: str
    mail: str
    mail_from: str
    wire_limit: int
    upload_limit: int
    cache: int
    hot_paths: int
    ranking_seconds: int
    reads_seconds: int
    sweep_seconds: int
    avif_seconds: int
    log_level: str


def load(environ: Mapping[str, str] | None = None) -> Options:
    """Read the options. Raises `Misconfigured`, naming the option, for a value that cannot be used."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("STANDFIRST_HOME") or "newsroom").expanduser().resolve()
    from_file = _file(home / "standfirst.toml")
    values: dict[str, Any] = {}
    for name, default, _ in OPTIONS:
        key = _key(name)
        raw = environ.get(name)
        if raw is None or raw == "":
            raw = from_file.get(key, default)
        values[key] = _whole_number(name, raw) if isinstance(default, int) else str(raw)
    values["home"] = home
    for name, least in _PORTS.items():
        if not least <= values[_key(name)] <= 65535:
            raise Misconfigured(f"{name} is {values[_key(name)]}: choose a number from {least} to 65535.")
    for name, least in _LEAST.items():
        key = _key(name)
        if values[key] < least:
            raise Misconfigured(f"{name} is {values[key]}: it must be at least {least}.")
    if values["log_level"].upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise Misconfigured(f"STANDFIRST_LOG_LEVEL is {values['log_level']!r}: use DEBUG, INFO, WARNING or ERROR.")
    values["log_level"] = values["log_level"].upper()
    values["origin"] = _origin(values["origin"] or f"http://127.0.0.1:{values['port']}")
    _refuse_unless(values, "STANDFIRST_MAIL", ("smtp", "smtps"), "smtp://user:password@host:port or smtps://")
    for name in ("DATABASE_URL", "PRESS_DATABASE_URL"):
        _refuse_unless(values, name, ("postgresql", "postgres"), "postgresql://user:password@host:port/name")
    for key in ("hosts", "trusted_proxies"):
        values[key] = tuple(word.strip() for word in values[key].split(",") if word.strip())
    return Options(**values)


def _key(name: str) -> str:
    """An option's name in `standfirst.toml`, e.g. "log_level"."""
    return name.removeprefix("STANDFIRST_").lower()


def _file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise Misconfigured(f"STANDFIRST_HOME is {path.parent}: that is no folder, nor can it be one.") from None
    except OSError as error:
        raise Misconfigured(
            f"STANDFIRST_HOME is {path.parent}: {path.name} there cannot be read ({error.strerror})."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"standfirst.toml in the newsroom's folder cannot be read: {error}.") from error
    # The folder's name stands outside of it.
    known = {_key(name) for name, _, _ in OPTIONS} - {_key("STANDFIRST_HOME")}
    if unknown := sorted(found.keys() - known):
        raise Misconfigured(
            f"standfirst.toml in the newsroom's folder sets {unknown[0]!r}, which is no option there: "
            f"use one of {', '.join(sorted(known))}."
        )
    return found


def _whole_number(name: str, raw: object) -> int:
    try:
        value = int(str(raw))
    except ValueError:
        raise Misconfigured(f"{name} is {raw!r}: it must be a whole number.") from None
    if value < 0:
        raise Misconfigured(f"{name} is {value}: it must not be negative.")
    return value


def _refuse_unless(values: Mapping[str, Any], name: str, schemes: tuple[str, ...], example: str) -> None:
    """Refuse an address of another kind. It is not repeated in the message: there may be a password in it."""
    address = values[_key(name)]
    if address and (address.partition("://")[0] not in schemes or _parts(address) is None):
        raise Misconfigured(f"{name} cannot be used: write it as {example}.")


def _origin(raw: str) -> str:
    parts = _parts(raw)
    if (
        parts is None
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise Misconfigured(f"STANDFIRST_ORIGIN is {raw!r}: give scheme and host only, such as https://news.example.")
    return raw.rstrip("/")


def in_ascii(host: str) -> str:
    """A host as browsers ask for it: letters beyond ASCII in their xn-- form."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Misconfigured(f"“{host}” is no host name: look at STANDFIRST_ORIGIN and STANDFIRST_HOSTS.") from None


def _parts(address: str) -> SplitResult | None:
    """The parts of an address, None if it has a host or port that cannot be one."""
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
