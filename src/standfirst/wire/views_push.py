"""The door for agencies that call us: POST /newsroom/push/<source>. HTTP only; who may come in says `transports.push`.

An answer of 2xx is given only when the file is sealed: 202 for a new one, 200 for bytes that came before (so a sender
may repeat itself, and whoever replays an old call brings nothing new). Everything else means: send it again, or stop.
"""

from __future__ import annotations

import ipaddress
import logging
import mimetypes
import re
import time
from typing import Final, cast

from django.conf import settings as django_settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from standfirst.kit import clock
from standfirst.kit.digests import seal
from standfirst.kit.errors import Problem, Refused
from standfirst.wire import sources
from standfirst.wire.intake.deliveries import deliver
from standfirst.wire.models import Delivery, Source
from standfirst.wire.transports import push

log = logging.getLogger(__name__)

_TOLD_EVERY: Final = 60.0
_told: dict[int, float] = {}
"""When a source's refusals were last noted, by its key: a stranger who knocks all day writes once a minute."""


@csrf_exempt
@require_POST
@sensitive_variables("secrets", "headers", "body")
def receive(request: HttpRequest, name: str) -> JsonResponse:
    """Take in one file."""
    source = Source.objects.select_related("feed").filter(name=name, kind=Source.Kind.PUSH).first()
    if source is None:
        return _answer(404, "There is no such address: ask the newsroom for the right one.")
    try:
        settings = cast(push.Settings, sources.settings_of(source))
        secrets = sources.secrets_of(source)
    except Problem as problem:
        log.error("Source %s: %s", source.name, problem)
        return _answer(503, "The newsroom cannot check calls now: send it again later.", retry_after=300)
    headers = {key.lower(): value for key, value in request.headers.items()}
    if settings.scheme in ("bearer", "basic") and not (request.is_secure() or _from_here(request)):
        return _answer(403, "Send it over https: a token must not cross the network in the open.")
    if why := push.before_reading(settings, secrets, headers, clock.now()):
        return _refuse(source, why)
    limit = int(django_settings.STANDFIRST.wire_limit)
    said = headers.get("content-length", "")
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        return _answer(411, "Send the length of the file (Content-Length).")
    length = int(said)
    if length > limit:
        # Only for callers who could be ours; and without reading a byte of it.
        sources.failed(
            source, f"A file of {length:,} bytes was sent, and the limit is {limit:,}: ask for smaller ones."
        )
        return _answer(413, f"The file has {length:,} bytes and the limit is {limit:,}.")
    body = _read(request, length)
    if body is None:
        return _answer(400, "Fewer bytes came than were announced: send it again.")
    if why := push.after_reading(settings, secrets, headers, body):
        return _refuse(source, why)
    if not body.strip():
        return _answer(400, "The file is empty.")
    if not (source.active and source.feed.active):
        return _answer(503, "The newsroom takes in nothing here at the moment: send it again later.", retry_after=600)
    digest = seal(body)
    before = Delivery.objects.filter(feed=source.feed, seal=digest).order_by("pk").first()
    if before is not None:
        sources.heard(source)
        return JsonResponse({"received": digest, "known": True})
    try:
        delivery = deliver(
            feed=source.feed,
            data=body,
            file_name=_file_name(headers, digest),
            transport=source.kind,
            envelope={
                "source": source.name,
                "proof": settings.scheme,
                "content-type": headers.get("content-type", "")[:200],
                "user-agent": headers.get("user-agent", "")[:200],
            },
        )
    except Refused:
        return _answer(503, "The newsroom takes in nothing here at the moment: send it again later.", retry_after=600)
    except Problem as problem:
        log.error("Source %s: %s", source.name, problem)
        return _answer(503, "The newsroom could not store the file: send it again later.", retry_after=60)
    sources.heard(source, delivery)
    return JsonResponse({"received": digest, "known": False}, status=202)


def _read(request: HttpRequest, length: int) -> bytes | None:
    """Exactly so many bytes of the body; None if there are fewer."""
    pieces: list[bytes] = []
    left = length
    try:
        while left > 0:
            piece = request.read(min(left, 65_536))
            if not piece:
                return None
            pieces.append(piece)
            left -= len(piece)
    except OSError:
        return None
    return b"".join(pieces)


def _from_here(request: HttpRequest) -> bool:
    """Whether this machine itself calls, e.g. its own web server that ends TLS."""
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


_NAMED: Final = re.compile(r"filename\s*=\s*\"?([^\";]{1,200})", re.IGNORECASE)


def _file_name(headers: dict[str, str], digest: str) -> str:
    found = _NAMED.search(headers.get("content-disposition", "")[:1000])
    if found and found.group(1).strip():
        return found.group(1).strip()
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return f"push-{digest[:12]}{mimetypes.guess_extension(kind) or '.dat'}"


def _refuse(source: Source, why: str) -> JsonResponse:
    """Turn a caller away, and tell the newsroom why. The caller is not told what exactly was wrong."""
    _tell(source, f"Somebody called and was not let in. {why}")
    answer = _answer(401, "This call is not proved to be yours: see what was agreed with the newsroom.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _tell(source: Source, trouble: str) -> None:
    now = time.monotonic()
    if now - _told.get(source.pk, -_TOLD_EVERY) >= _TOLD_EVERY:
        _told[source.pk] = now
        sources.failed(source, trouble)


def _answer(status: int, says: str, *, retry_after: int = 0) -> JsonResponse:
    answer = JsonResponse({"error": says}, status=status)
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer
