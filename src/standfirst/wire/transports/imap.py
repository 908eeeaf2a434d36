"""A mailbox, over IMAP: each message is delivered as the bytes that the server holds.

Nothing is lost by a crash: a message is passed over only once it is sealed, by its UID under the mailbox's
UIDVALIDITY; if the server numbers its messages anew, all of them come again, and intake knows them by their bytes.
Messages are left as they were (not even marked as read), or moved to another folder once they are sealed. TLS is
required, but on this machine.
"""

from __future__ import annotations

import contextlib
import email.errors
import email.header
import email.parser
import imaplib
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.policy import compat32
from typing import Annotated, Any, ClassVar, Final, Literal

from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox
from msgspec import Meta

from standfirst.kit import clock, outgoing
from standfirst.kit.outgoing import Unfetched
from standfirst.wire.transports import _shared
from standfirst.wire.transports._shared import Arrival, Cursor, Job, News, Note, Remember, SecretField, Skipped, Trouble

KIND: Final = "imap"
LINGERS: Final = False

SECRETS: Final = (SecretField("password", "Password", "Most providers want one made for this program alone."),)


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which mailbox, and whom in it to believe."""

    CHOICES: ClassVar = {
        "tls": "TLS from the beginning (port 993)",
        "starttls": "TLS after a greeting (STARTTLS, port 143)",
        "none": "None: only for a server on this machine",
    }

    host: Annotated[str, Meta(title="Server", description="E.g. imap.example.org.", min_length=1, max_length=250)]
    user: Annotated[str, Meta(title="User name", description="Mostly the whole address.", max_length=250)]
    port: Annotated[int, Meta(title="Port", ge=1, le=65535)] = 993
    security: Annotated[Literal["tls", "starttls", "none"], Meta(title="Protection")] = "tls"
    folder: Annotated[str, Meta(title="Folder", max_length=250)] = "INBOX"
    moved_to: Annotated[
        str,
        Meta(
            title="Then move to",
            description="A folder, made if it is not there. Empty: messages stay as they are.",
            max_length=250,
        ),
    ] = ""
    senders: Annotated[
        tuple[str, ...],
        Meta(
            title="Senders",
            description="Addresses or domains of the agency, one a line. Everybody else's messages wait for a person.",
        ),
    ] = ()
    mail_servers: Annotated[
        tuple[str, ...],
        Meta(
            title="Our own mail servers",
            description="The name with which our server begins “Authentication-Results” in the messages, one a line. "
            "Without it no sender is proved, and every message waits for a person.",
        ),
    ] = ()
    backlog_days: Annotated[int, Meta(title="At first, go back days", ge=0, le=365)] = 2


_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,250}\Z")
_SENDER: Final = re.compile(r"(?:[^\s@<>,;]{1,64}@|@)?[A-Za-z0-9\w.-]{3,250}\Z")


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if not _is_host(settings.host):
        yield "host", "Write only the name of the server, e.g. imap.example.org, without https:// or a path."
    elif settings.security == "none" and not _is_here(settings.host):
        yield "security", "Without TLS, password and copy would cross the network in the open: choose TLS."
    if not settings.user:
        yield "user", "Enter the user name, mostly the whole address."
    if "password" not in secrets:
        yield "password", "Enter the password of the mailbox."
    if not settings.folder:
        yield "folder", "Enter the folder, e.g. INBOX."
    if settings.moved_to and settings.moved_to == settings.folder:
        yield "moved_to", "Choose another folder than the one that is read, or none."
    for sender in settings.senders:
        if not _SENDER.match(sender):
            yield "senders", f"“{sender[:60]}” is neither an address nor a domain: write e.g. desk@example.org."
            break
    for server in settings.mail_servers:
        if not _NAME.match(server):
            yield "mail_servers", f"“{server[:60]}” is no server's name: write e.g. mx.example.org."
            break


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_NAME.match(host))
    return True


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    moving = bool(settings.moved_to)
    box: _Box | None = None
    try:
        box = _open(job)
        validity = _select(box, settings, readonly=job.trial or not moving)
        if moving and not job.trial:
            _have_folder(box, settings.moved_to)
        yield from _read(job, box, validity, moving=moving)
    except Unfetched as error:
        raise Trouble(str(error)) from None
    except MailboxLoginError:
        raise Trouble(
            f"{settings.host} does not accept user name and password: enter them again. "
            "Many providers want a password made for this program alone."
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise Trouble(
            f"{settings.host} shows a certificate that is not to be trusted ({error.verify_message}): "
            "check the server's name, or ask its makers."
        ) from None
    except ssl.SSLError as error:
        raise Trouble(
            f"{settings.host} does not speak TLS on port {settings.port} ({error.reason or 'no reason given'}): "
            "check port and protection."
        ) from None
    except TimeoutError:
        raise Trouble(f"{settings.host} did not answer in time: it is tried again.") from None
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        # imaplib.IMAP4.abort too: the connection broke, or what came is no IMAP.
        raise Trouble(f"{settings.host} refused, or broke off ({_said(error)}): it is tried again.") from None
    except OSError as error:
        raise Trouble(
            f"The connection to {settings.host} broke ({error.strerror or error}): it is tried again."
        ) from None
    finally:
        if box is not None:
            with contextlib.suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
                box.logout()
            with contextlib.suppress(OSError):
                box.client.shutdown()


def _said(error: Exception) -> str:
    return re.sub(r"\s+", " ", "".join(letter for letter in str(error) if letter.isprintable()))[:200]


# --- the connection -----------------------------------------------------------------------------------------------


class _Client(imaplib.IMAP4):
    """A connection that goes only where the newsroom may go."""

    def __init__(self, job: Job) -> None:
        self._job = job
        settings: Settings = job.settings
        super().__init__(settings.host, settings.port, job.limits.seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        settings: Settings = self._job.settings
        plain = self._job.outgoing.connect(settings.host, settings.port, seconds=min(30.0, self._job.limits.seconds))
        try:
            plain.settimeout(timeout)
            if settings.security == "tls":
                return outgoing.tls().wrap_socket(plain, server_hostname=settings.host)
            if settings.security == "none" and not ipaddress.ip_address(plain.getpeername()[0]).is_loopback:
                raise Trouble(f"{settings.host} is not on this machine: choose TLS, so that nobody else reads along.")
        except BaseException:
            plain.close()
            raise
        return plain


class _Box(BaseMailBox):
    def __init__(self, job: Job) -> None:
        self._job = job
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _Client(self._job)
        if self._job.settings.security == "starttls":
            try:
                client.starttls(outgoing.tls())
            except BaseException:
                client.shutdown()
                raise
        return client


def _open(job: Job) -> _Box:
    settings: Settings = job.settings
    job.say(f"Asking {settings.host}")
    box = _Box(job)
    password = job.secrets.get("password", "")
    try:
        if settings.user.isascii() and password.isascii():
            box.login(settings.user, password, initial_folder=None)
        else:
            box.login_utf8(settings.user, password, initial_folder=None)
    except imaplib.IMAP4.abort:
        box.client.shutdown()
        raise
    except (ImapToolsError, imaplib.IMAP4.error):
        box.client.shutdown()
        raise MailboxLoginError(("NO", [b""]), "OK") from None
    except BaseException:
        box.client.shutdown()
        raise
    return box


def _select(box: _Box, settings: Settings, *, readonly: bool) -> int:
    """Open the folder. Returns its UIDVALIDITY."""
    try:
        box.folder.set(settings.folder, readonly)
    except ImapToolsError:
        raise Trouble(f"There is no folder “{settings.folder}” that can be opened: check its name.") from None
    said: Any = box.client.untagged_responses.get("UIDVALIDITY") or [b""]
    digits = said[-1] if isinstance(said[-1], bytes) else b""
    if not digits.strip().isdigit():
        raise Trouble(f"{settings.host} does not number its messages for good: it cannot be used as a source.")
    return int(digits)


def _have_folder(box: _Box, name: str) -> None:
    if not box.folder.exists(name):
        box.folder.create(name)


# --- messages -----------------------------------------------------------------------------------------------------

_STUCK: Final = 2000


def _read(job: Job, box: _Box, validity: int, *, moving: bool) -> Iterator[News]:
    settings: Settings = job.settings
    known = job.cursor.get("validity") == validity
    last = int(job.cursor.get("uid", 0)) if known else 0
    stuck = [int(uid) for uid in job.cursor.get("stuck", [])] if known else []
    if job.cursor and not known:
        yield Note("The mail server numbers its messages anew: all in the folder came again, and are compared.")
    uids = _uids(box, last, first=not job.cursor, moving=moving, days=settings.backlog_days)
    if moving and not job.trial:
        # Sealed before, and not moved: something came between.
        left = [uid for uid in uids if uid <= last and uid not in stuck]
        for start in range(0, len(left), 100):
            box.move([str(uid) for uid in left[start : start + 100]], settings.moved_to)
    fresh = [uid for uid in uids if uid > last]
    if job.trial:
        fresh = fresh[-job.limits.files :]
    fresh = fresh[: job.limits.files]
    sizes = _sizes(box, fresh)
    moved_on = last
    for uid in fresh:
        if job.stopping():
            break
        name = f"{re.sub(r'[^A-Za-z0-9]+', '-', settings.folder)[:60]}-{uid}.eml"
        size = sizes.get(uid)
        if size is None:
            moved_on = uid  # taken away by somebody else in the meantime
            continue
        if size > job.limits.bytes:
            stuck = [*stuck, uid][-_STUCK:]
            moved_on = uid
            yield Skipped(
                name,
                f"The message has {size:,} bytes and the limit is {job.limits.bytes:,}: it stays in the mailbox. "
                "Look at it there, or raise STANDFIRST_WIRE_LIMIT.",
            )
            continue
        data = _message(box, uid)
        moved_on = uid
        if data is None:
            continue
        yield Arrival(
            file_name=name,
            data=data,
            envelope={**_envelope(data), "folder": settings.folder, "uid": str(uid), "host": settings.host},
            cursor=_cursor(validity, uid, stuck),
            settled=_mover(box, uid, settings.moved_to) if moving else _shared.nothing,
        )
    if not job.cursor and not fresh and not moving:
        # Nothing is new enough: what is there stays out, what comes from now on is fetched.
        moved_on = _next(box) - 1
    if not known or moved_on != last:
        yield Remember(_cursor(validity, moved_on, stuck))


def _cursor(validity: int, uid: int, stuck: list[int]) -> Cursor:
    return {"validity": validity, "uid": uid, **({"stuck": stuck} if stuck else {})}


def _mover(box: _Box, uid: int, folder: str) -> Any:
    def move() -> None:
        # It is sealed. If it cannot be moved now, the next look does it.
        with contextlib.suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            box.move([str(uid)], folder)

    return move


def _uids(box: _Box, last: int, *, first: bool, moving: bool, days: int) -> list[int]:
    """The UIDs in the folder that may matter, in order."""
    if moving:
        wanted = "ALL"
    elif first:
        since = clock.now() - timedelta(days=days)
        months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        wanted = f"SINCE {since.day}-{months[since.month - 1]}-{since.year}"
    else:
        wanted = f"UID {last + 1}:*"
    return sorted({int(uid) for uid in box.uids(wanted, charset=None) if uid.isdigit()})


def _next(box: _Box) -> int:
    """The UID that the next message will have, at least."""
    said: Any = box.client.untagged_responses.get("UIDNEXT") or [b""]
    digits = said[-1] if isinstance(said[-1], bytes) else b""
    if digits.strip().isdigit():
        return int(digits)
    return max((int(uid) for uid in box.uids("ALL", charset=None) if uid.isdigit()), default=0) + 1


_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,15})", re.IGNORECASE)
_UID: Final = re.compile(rb"\bUID (\d{1,15})", re.IGNORECASE)


def _sizes(box: _Box, uids: list[int]) -> dict[int, int]:
    """Sizes in bytes by UID; messages that are gone are not in it."""
    found: dict[int, int] = {}
    for start in range(0, len(uids), 500):
        wanted = ",".join(str(uid) for uid in uids[start : start + 500])
        status, rows = box.client.uid("FETCH", wanted, "(UID RFC822.SIZE)")
        if status != "OK":
            raise imaplib.IMAP4.error("sizes of messages were refused")
        for row in rows:
            text = row[0] if isinstance(row, tuple) else row
            if isinstance(text, bytes) and (uid := _UID.search(text)) and (size := _SIZE.search(text)):
                found[int(uid.group(1))] = int(size.group(1))
    return found


def _message(box: _Box, uid: int) -> bytes | None:
    """A message as the server holds it, unread as it was; None if it is gone."""
    status, rows = box.client.uid("FETCH", str(uid), "(UID BODY.PEEK[])")
    if status != "OK":
        raise imaplib.IMAP4.error("a message was refused")
    for row in rows:
        if isinstance(row, tuple) and len(row) > 1 and isinstance(row[1], bytes):
            return row[1]
    return None


def _envelope(data: bytes) -> dict[str, str]:
    """Who, what and which: for people who look at the delivery. The message itself is read by its format."""
    head = data[:65_536].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    try:
        message = email.parser.BytesHeaderParser(policy=compat32).parsebytes(head)
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
    found: dict[str, str] = {}
    for name in ("from", "subject", "date", "message-id"):
        value = str(message.get(name, ""))[:2000]
        with contextlib.suppress(ValueError, LookupError, email.errors.HeaderParseError):
            value = str(email.header.make_header(email.header.decode_header(value)))
        text = " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
        if text:
            found[name] = text[:500]
    return found
