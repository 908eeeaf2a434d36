"""The agency calls us: what a POST to our address must bring with it to be let in.

Four ways, the first being the best: a signature over the time and the body, one over the body alone (as many web hooks
sign), a token, or user name and password. Secrets are compared in constant time. The door itself is
`wire.views_push`; nothing is fetched.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from standfirst.wire.transports import _shared
from standfirst.wire.transports._shared import Job, News, SecretField, Trouble

KIND: Final = "push"
LINGERS: Final = False

SHORTEST: Final = 16
"""Characters of a secret: shorter ones can be guessed."""

SECRETS: Final = (
    SecretField(
        "secret", "Secret", f"At least {SHORTEST} characters. The agency gets the same: key, token or password."
    ),
    SecretField("secret_before", "Previous secret", "Still let in, while the agency changes to the new one."),
)


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the agency proves itself. Its address for us is that of the newsroom, and push/ and the source's name."""

    CHOICES: ClassVar = {
        "signed": "Signature over time and body (X-Standfirst-Signature)",
        "hub": "Signature over the body alone (X-Hub-Signature-256)",
        "bearer": "Token (Authorization: Bearer)",
        "basic": "User name and password (Authorization: Basic)",
    }

    scheme: Annotated[
        Literal["signed", "hub", "bearer", "basic"],
        Meta(
            title="Proof",
            description="The agency sends each file by POST to the newsroom's address with push/ and the name of this "
            "source behind it, e.g. https://newsroom.example.org/newsroom/push/cpa-push.",
        ),
    ] = "signed"
    user: Annotated[str, Meta(title="User name", description="Only for user name and password.", max_length=200)] = ""
    tolerance: Annotated[
        int,
        Meta(title="Seconds that clocks may differ", description="For signatures with a time.", ge=30, le=3600),
    ] = 300


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if "secret" not in secrets:
        yield "secret", f"Enter a secret of at least {SHORTEST} characters, and give it to the agency."
    if settings.scheme == "basic" and not settings.user:
        yield "user", "Enter the user name that the agency is to send."
    if ":" in settings.user:
        yield "user", "A user name cannot hold a colon here."


def fetch(job: Job) -> Iterator[News]:
    """Nothing: what comes, comes by itself."""
    raise Trouble("Nothing is fetched from this source: the agency calls. See whether it sends to our address.")


# --- who calls ----------------------------------------------------------------------------------------------------

_STAMPED: Final = re.compile(r"\s*t=(\d{1,12})\s*,\s*v1=([0-9a-fA-F]{64})\s*\Z")
_HUB: Final = re.compile(r"\s*sha256=([0-9a-fA-F]{64})\s*\Z")


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `X-Standfirst-Signature` for `body` at `at` (seconds since 1970): HMAC-SHA256 of "<at>.<body>"."""
    return f"t={at},v1={_mac(secret, str(at).encode() + b'.' + body)}"


def before_reading(settings: Settings, secrets: Mapping[str, str], headers: Mapping[str, str], now: datetime) -> str:
    """Why a call is not let in, as far as its headers say (names in lower case); "" if they speak for it."""
    if not any(len(secret) >= SHORTEST for secret in _keys(secrets)):
        return f"This source has no secret of {SHORTEST} characters or more: enter one."
    if settings.scheme == "signed":
        found = _STAMPED.match(headers.get("x-standfirst-signature", "")[:300])
        if not found:
            return "The call has no X-Standfirst-Signature as t=<seconds>,v1=<hex>: the agency must sign it."
        off = abs(int(found.group(1)) - int(now.timestamp()))
        if off > settings.tolerance:
            return f"The call's time is {off} seconds off: set the clocks right, here or at the agency."
        return ""
    if settings.scheme == "hub":
        if not _HUB.match(headers.get("x-hub-signature-256", "")[:300]):
            return "The call has no X-Hub-Signature-256 as sha256=<hex>: the agency must sign it."
        return ""
    kind, _space, given = headers.get("authorization", "")[:4000].partition(" ")
    if kind.lower() != settings.scheme:
        return f"The call has no Authorization: {settings.scheme.capitalize()}: the agency must send it."
    if settings.scheme == "bearer":
        expected = [secret.encode() for secret in _keys(secrets)]
        offered = given.strip().encode("utf-8", "replace")
    else:
        expected = [f"{settings.user}:{secret}".encode() for secret in _keys(secrets)]
        try:
            offered = base64.b64decode(given.strip().encode("ascii", "replace"), validate=True)
        except (binascii.Error, ValueError):
            offered = b""
    return "" if _one_of(offered, expected) else "The call's token or password is not ours: compare it with the agency."


def after_reading(settings: Settings, secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> str:
    """Why a call is not let in, now that its whole body is here; "" if it is. Ask `before_reading` first."""
    if settings.scheme == "signed":
        found = _STAMPED.match(headers.get("x-standfirst-signature", "")[:300])
        if not found:
            return "The call is not signed."
        stamp = found.group(1).encode() + b"."
        expected = [_mac(secret, stamp + body).encode() for secret in _keys(secrets)]
        offered = found.group(2).lower().encode()
    elif settings.scheme == "hub":
        found = _HUB.match(headers.get("x-hub-signature-256", "")[:300])
        if not found:
            return "The call is not signed."
        expected = [_mac(secret, body).encode() for secret in _keys(secrets)]
        offered = found.group(1).lower().encode()
    else:
        return ""
    return "" if _one_of(offered, expected) else "The call's signature is wrong: compare the secret with the agency's."


def _keys(secrets: Mapping[str, str]) -> list[str]:
    return [secrets[name] for name in ("secret", "secret_before") if len(secrets.get(name, "")) >= SHORTEST]


def _mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _one_of(offered: bytes, expected: list[bytes]) -> bool:
    """Whether `offered` is one of them. Every one is compared, each in constant time."""
    found = False
    for one in expected:
        found |= hmac.compare_digest(offered, one)
    return found
