"""FTP and FTPS servers: RFC 959 in passive mode, RFC 3659 listings where the server knows them, RFC 4217 for TLS.

The connection goes to a judged address, and data connections to that same address whatever the server says.
"""

from __future__ import annotations

import ftplib
import io
import posixpath
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from standfirst.kit.outgoing import Outgoing, Unfetched, tls
from standfirst.wire.transports import _shared
from standfirst.wire.transports._files import Entry
from standfirst.wire.transports._remote import AFTERWARDS, Afterwards, lost, take
from standfirst.wire.transports._shared import Job, News, SecretField, Trouble

KIND: Final = "ftp"
LINGERS: Final = False


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which server, and what happens to the files there."""

    CHOICES: ClassVar = {
        **AFTERWARDS,
        "explicit": "FTPS (AUTH TLS on the usual port)",
        "implicit": "FTPS from the first byte (port 990)",
        "none": "None: password and copy can be read on the way",
    }

    host: Annotated[str, Meta(title="Server", description="E.g. ftp.agency.example", max_length=253)]
    security: Annotated[Literal["explicit", "implicit", "none"], Meta(title="Protection")] = "explicit"
    port: Annotated[int, Meta(title="Port", description="0: the usual one, 21 or 990.", ge=0, le=65_535)] = 0
    user: Annotated[str, Meta(title="User name", max_length=200)] = "anonymous"
    folder: Annotated[str, Meta(title="Folder", description="Empty: where one arrives.", max_length=500)] = ""
    subfolders: Annotated[bool, Meta(title="Look in folders below it, too")] = False
    afterwards: Annotated[Literal["move", "delete", "leave"], Meta(title="Files that were taken in are")] = "delete"
    patterns: Annotated[
        tuple[str, ...], Meta(title="Only names like", description="One a line, e.g. *.xml. Empty: every file.")
    ] = ()
    certificate: Annotated[
        str,
        Meta(
            title="Certificate of the server",
            description="Only if it is the agency’s own: as it was sent, from BEGIN CERTIFICATE on.",
            max_length=20_000,
        ),
    ] = ""


SECRETS: Final = (SecretField("password", "Password"),)

_DEPTH: Final = 4
_MOST_LISTED: Final = 20_000
_BAD: Final = re.compile(r"[\r\n\0]")


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if not settings.host or "/" in settings.host or ":" in settings.host.strip("[]").replace("::", ""):
        yield "host", "Give the name of the server only, e.g. ftp.agency.example."
    if "password" not in secrets and settings.user != "anonymous":
        yield "password", "There is a user name but no password."
    for name in ("user", "folder", "host"):
        if _BAD.search(getattr(settings, name)):
            yield name, "There is a line break in it: remove it."
    if settings.certificate:
        try:
            ssl.create_default_context(cadata=settings.certificate)
        except (ssl.SSLError, ValueError):
            yield "certificate", "This is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----."


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    about = f"{settings.host}/{settings.folder.strip('/')}".rstrip("/")
    shelf = _Shelf(job, about)
    try:
        yield from take(job, shelf, patterns=settings.patterns, afterwards=settings.afterwards, about=about)
    finally:
        shelf.close()


class _Ftp(ftplib.FTP_TLS):
    """A client that connects through the guard. Without protection it is plain FTP."""

    def __init__(self, outgoing: Outgoing, settings: Settings, context: ssl.SSLContext, seconds: float) -> None:
        super().__init__(context=context, timeout=seconds, encoding="latin-1")
        self.outgoing, self.settings, self.seconds = outgoing, settings, seconds

    def open(self) -> None:
        port = self.settings.port or (990 if self.settings.security == "implicit" else 21)
        self.host = self.settings.host
        sock: socket.socket = self.outgoing.connect(self.host, port, seconds=self.seconds)
        sock.settimeout(self.seconds)
        self.af = sock.family
        if self.settings.security == "implicit":
            sock = self.context.wrap_socket(sock, server_hostname=self.host)
        self.sock = sock
        self.file = sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - people choose
        if self._prot_p:  # type: ignore[attr-defined]
            # Many servers want the data connection to resume the session of the control connection.
            session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
            connection = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        return connection, size


class _Shelf:
    """One connection to a server."""

    def __init__(self, job: Job, about: str) -> None:
        self._job, self._about = job, about
        self._settings: Settings = job.settings
        self._raw: dict[str, str] = {}
        """Path as shown -> path as the server writes it, in bytes read as Latin-1."""
        self._made: set[str] = set()
        self._ftp = self._open()

    def _open(self) -> _Ftp:
        settings = self._settings
        context = tls()
        if settings.certificate:
            # Pinned: this certificate and no other, whatever name is in it.
            context = ssl.create_default_context(cadata=settings.certificate)
            context.check_hostname = False
        ftp = _Ftp(self._job.outgoing, settings, context, self._job.limits.seconds)
        self._job.say(f"Connecting to {settings.host}")
        try:
            ftp.open()
            password = self._job.secrets.get("password", "") or ("guest@" if settings.user == "anonymous" else "")
            ftp.login(settings.user, password, secure=settings.security == "explicit")
            if settings.security != "none":
                ftp.prot_p()
            ftp.voidcmd("TYPE I")
        except BaseException as error:
            ftp.close()
            if isinstance(error, Unfetched):
                raise Trouble(str(error)) from None
            if isinstance(error, ftplib.error_perm):
                raise self._refused(error) from None
            if isinstance(error, ssl.SSLCertVerificationError):
                raise Trouble(
                    f"The certificate of {settings.host} is not one that is believed ({error.verify_message}): "
                    "ask the agency for it, and enter it."
                ) from None
            if isinstance(error, OSError | EOFError | ftplib.Error):
                raise lost(self._about, error) from None
            raise
        try:
            if settings.folder.strip():
                ftp.cwd(settings.folder.encode("utf-8").decode("latin-1"))
        except ftplib.error_perm as error:
            ftp.close()
            raise Trouble(
                f"There is no way into the folder {settings.folder} ({str(error)[:200]}): check it."
            ) from None
        except (OSError, EOFError, ftplib.Error) as error:
            ftp.close()
            raise lost(self._about, error) from None
        return ftp

    def _refused(self, error: ftplib.error_perm) -> Trouble:
        code = str(error)[:3]
        if code == "530":
            return Trouble(f"{self._settings.host} does not accept user name and password: enter them again.")
        if code in ("500", "502", "504", "534", "431"):
            return Trouble(f"{self._settings.host} does not offer this protection: choose another, or ask the agency.")
        return Trouble(f"{self._settings.host} refuses ({str(error)[:200]}): ask the agency.")

    def close(self) -> None:
        with suppress(OSError, EOFError, ftplib.Error):
            self._ftp.sock.settimeout(2)  # type: ignore[union-attr]
            self._ftp.quit()
        self._ftp.close()

    # --- what `take` asks for

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        try:
            self._list("", "", found, 0)
        except ftplib.error_perm as error:
            folder = self._settings.folder or "/"
            raise Trouble(f"The folder {folder} there cannot be listed ({str(error)[:200]}): check its name.") from None
        except (OSError, EOFError, ftplib.Error) as error:
            raise lost(self._about, error) from None
        return found

    def _list(self, folder: str, below: str, found: list[Entry], depth: int) -> None:
        try:
            rows: list[tuple[str, dict[str, str]]] = list(self._ftp.mlsd(folder, ["type", "size", "modify"]))
        except ftplib.error_perm as error:
            if str(error)[:3] not in ("500", "501", "502", "504"):
                raise
            rows = list(self._old_listing(folder))
        for name, facts in rows[:_MOST_LISTED]:
            if name in (".", "..") or "/" in name or _BAD.search(name) or len(found) >= _MOST_LISTED:
                continue
            shown = below + name.encode("latin-1").decode("utf-8", "replace")
            raw = posixpath.join(folder, name) if folder else name
            kind = facts.get("type", "file").lower()
            if kind == "dir" and self._settings.subfolders and depth < _DEPTH and shown != "done":
                self._list(raw, f"{shown}/", found, depth + 1)
            elif kind == "file":
                self._raw[shown] = raw
                found.append(Entry(shown, int(facts.get("size") or 0), facts.get("modify", "")))

    def _old_listing(self, folder: str) -> Iterator[tuple[str, dict[str, str]]]:
        """For servers that know no MLSD: names, then the size and time of each. What has no size is no file."""
        try:
            names = self._ftp.nlst(folder) if folder else self._ftp.nlst()
        except ftplib.error_perm as error:
            if str(error)[:3] in ("550", "450"):
                return  # how some servers say that it is empty
            raise
        for path in names[:_MOST_LISTED]:
            name = posixpath.basename(path)
            raw = posixpath.join(folder, name) if folder else name
            try:
                self._ftp.voidcmd("TYPE I")
                size = self._ftp.size(raw)
            except ftplib.error_perm:
                continue
            modify = ""
            with suppress(ftplib.error_perm):
                modify = self._ftp.voidcmd(f"MDTM {raw}")[4:].strip()
            yield name, {"type": "file", "size": str(size or 0), "modify": modify}

    def ahead(self, entries: Sequence[Entry]) -> None:
        """Files are fetched one by one."""

    def read(self, entry: Entry, limit: int) -> bytes:
        if entry.size > limit:
            raise ValueError(f"It has {entry.size:,} bytes, the limit is {limit:,}: take it in by hand.")
        out = io.BytesIO()
        until = time.monotonic() + self._job.limits.seconds

        def more(chunk: bytes) -> None:
            if out.tell() + len(chunk) > limit:
                raise _TooLarge
            if time.monotonic() > until:
                raise TimeoutError("it took too long")
            out.write(chunk)

        self._job.say(f"Fetching {entry.path}")
        try:
            self._ftp.retrbinary(f"RETR {self._raw[entry.path]}", more)
        except ftplib.error_perm as error:
            raise ValueError(f"The server does not give it ({str(error)[:200]}): ask the agency.") from None
        except _TooLarge:
            raise Trouble(f"{entry.path} there is larger than it says: ask the agency.") from None
        except (OSError, EOFError, ftplib.Error) as error:
            raise lost(self._about, error) from None
        if entry.size and out.tell() != entry.size:
            raise ValueError("It changed while it was fetched: it is looked at again.")
        return out.getvalue()

    def away(self, entries: Iterable[Entry], how: Afterwards) -> list[Entry]:
        stuck = []
        for entry in entries:
            raw = self._raw[entry.path]
            try:
                if how == "delete":
                    self._ftp.delete(raw)
                else:
                    self._move(raw)
            except ftplib.error_perm:
                stuck.append(entry)
            except (OSError, EOFError, ftplib.Error) as error:
                raise lost(self._about, error) from None
        return stuck

    def finish(self) -> list[Entry]:
        return []

    def _move(self, raw: str) -> None:
        folder, name = posixpath.split(raw)
        done = posixpath.join(folder, "done") if folder else "done"
        if done not in self._made:
            with suppress(ftplib.error_perm):
                self._ftp.mkd(done)
            self._made.add(done)
        try:
            self._ftp.rename(raw, f"{done}/{name}")
        except ftplib.error_perm:
            # Some do not write over what is there.
            self._ftp.rename(raw, f"{done}/{time.time_ns()}-{name}")


class _TooLarge(Exception):
    pass
