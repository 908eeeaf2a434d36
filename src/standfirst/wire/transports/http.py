"""Files at a web address: RSS, Atom, or whatever a format reads; also JSON listings with pages or "changed since".

Conditional requests (ETag, If-Modified-Since); the same bytes again are nothing new; an address that has moved for good
is remembered; the character set is left to the formats. Secrets go to the host that was named, to no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Meta

from standfirst.kit import clock
from standfirst.kit.outgoing import Response, shown
from standfirst.wire.transports import _shared, _web
from standfirst.wire.transports._shared import Arrival, Cursor, Job, News, Note, Remember, SecretField, Trouble

KIND: Final = "http"
LINGERS: Final = False


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are and how they are asked for."""

    CHOICES: ClassVar = {
        "none": "One file, whole each time",
        "pages": "Several pages: follow the links to the end at each look",
        "onward": "A stream: go on from the last link at the next look",
        "header": "In a header",
        "query": "In the address, as a parameter",
        "iso": "2026-11-22T08:30:00Z",
        "epoch": "Seconds since 1970",
        "milliseconds": "Milliseconds since 1970",
        "date": "2026-11-22",
    }

    url: Annotated[str, Meta(title="Address", description="E.g. https://agency.example/feed.xml", max_length=2000)]
    user: Annotated[str, Meta(title="User name", description="If it asks for one (HTTP Basic).")] = ""
    key_name: Annotated[str, Meta(title="Name of the key", description="E.g. x-api-key, or apikey.")] = "x-api-key"
    key_place: Annotated[Literal["header", "query"], Meta(title="Where the key goes")] = "header"
    paging: Annotated[Literal["none", "pages", "onward"], Meta(title="The answer is")] = "none"
    next_pointer: Annotated[
        str,
        Meta(
            title="Where the next link stands",
            description="JSON pointer, e.g. /links/next. Empty: the Link header.",
            max_length=200,
        ),
    ] = ""
    since_name: Annotated[
        str,
        Meta(
            title="Parameter for “changed since”",
            description="E.g. since or updated_after. Empty: the whole is asked for each time.",
            max_length=100,
        ),
    ] = ""
    since_form: Annotated[Literal["iso", "epoch", "milliseconds", "date"], Meta(title="How that time is written")] = (
        "iso"
    )
    overlap: Annotated[
        int,
        Meta(title="Overlap in seconds", description="For what is listed late.", ge=0, le=86_400),
    ] = 300
    backlog_hours: Annotated[
        int, Meta(title="At first, go back hours", description="How much is fetched the first time.", ge=0, le=24 * 30)
    ] = 24
    picture_hosts: Annotated[
        tuple[str, ...],
        Meta(
            title="Further hosts for pictures",
            description="One a line, e.g. media.agency.example. They get the name, password and key as well.",
        ),
    ] = ()


SECRETS: Final = (
    SecretField("password", "Password", "Goes with the user name."),
    SecretField("api_key", "API key"),
    SecretField("headers", "Further headers", "One a line, e.g. Authorization: Bearer …", lines=True),
)

_PAGES: Final = 50
_KEPT_SEALS: Final = 100


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if wrong := _web.wrong_address(settings.url):
        yield "url", wrong
    if "password" in secrets and not settings.user:
        yield "user", "There is a password but no user name."
    if settings.user and "password" not in secrets:
        yield "password", "There is a user name but no password."
    if "api_key" in secrets and not settings.key_name.strip():
        yield "key_name", "Say under which name the key is sent."
    if settings.paging == "none" and settings.next_pointer:
        yield "paging", "A next link is named: choose pages or a stream."
    if settings.since_name and settings.paging == "onward":
        yield "since_name", "A stream goes on by itself: leave this empty."


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    asked_at = clock.now()
    start = _start(job, asked_at)
    url, cursor = start, dict(job.cursor)
    plain = start == settings.url or start == cursor.get("moved_to")
    visited: set[str] = set()
    for page in range(_PAGES):
        if job.stopping() and page:
            return
        visited.add(url)
        first = page == 0
        conditional = _conditions(cursor) if first and plain else {}
        response = _ask(job, url, conditional)
        if first and response.moved_to and plain:
            # Where secrets are sent, a person says where to: they are not carried to another host.
            if job.secrets:
                yield Note(f"The address has moved for good to {shown(response.moved_to)}: enter that.")
            else:
                cursor = {**cursor, "moved_to": response.moved_to, "moved_from": settings.url}
                yield Note(f"The address has moved for good to {shown(response.moved_to)}, and is fetched from there.")
        if first and settings.since_name:
            cursor = {**cursor, "since": clock.iso(min(_web.server_time(response), asked_at))}
        if first and plain:
            cursor = _with_conditions(cursor, response)
        if response.status == 304 or not response.body.strip():
            yield Remember(cursor)
            return
        seal = hashlib.sha256(response.body).hexdigest()
        known = seal in cursor.get("seals", ())
        following = _following(settings, response, url)
        if settings.paging == "onward" and following:
            cursor = {**cursor, "next": following}
        if known:
            yield Remember(cursor)
            if settings.paging != "onward":
                return  # nothing new on this page, so nothing on those after it
        else:
            cursor = {**cursor, "seals": [*cursor.get("seals", ()), seal][-_KEPT_SEALS:]}
            # The place in a listing is kept only once all of its pages are in.
            keep = cursor if settings.paging != "pages" or not following else None
            yield Arrival(
                file_name=_web.name_for(url, response),
                data=response.body,
                envelope=_web.envelope(url, response),
                cursor=keep,
            )
        if not following or following in visited:
            if settings.paging == "pages":
                yield Remember(cursor)
            return
        if not _same_site(following, url):
            raise Trouble(f"The next link leads to {shown(following)}, another host: change the address.")
        url = following


def _ask(job: Job, url: str, conditional: dict[str, str]) -> Response:
    settings: Settings = job.settings
    headers = {"accept": "application/atom+xml, application/rss+xml, application/json, */*;q=0.8"}
    query: dict[str, str] = {}
    if settings.user:
        headers["authorization"] = _web.basic(settings.user, job.secrets.get("password", ""))
    if key := job.secrets.get("api_key"):
        if settings.key_place == "header":
            headers[settings.key_name.strip().lower()] = key
        else:
            query[settings.key_name.strip()] = key
    try:
        headers |= _web.header_lines(job.secrets.get("headers", ""))
    except ValueError as error:
        raise Trouble(f"The further headers cannot be used: {error}.") from None
    return _web.ask(job, url, headers={**headers, **conditional}, secret_query=query)


def _start(job: Job, now: datetime) -> str:
    settings, cursor = job.settings, job.cursor
    if settings.paging == "onward" and cursor.get("next"):
        return str(cursor["next"])
    if settings.since_name:
        try:
            since = datetime.fromisoformat(str(cursor["since"])) - timedelta(seconds=settings.overlap)
        except (KeyError, ValueError):
            since = now - timedelta(hours=settings.backlog_hours)
        written = {
            "iso": clock.iso(since),
            "epoch": str(int(since.timestamp())),
            "milliseconds": str(int(since.timestamp() * 1000)),
            "date": since.strftime("%Y-%m-%d"),
        }[settings.since_form]
        joint = "&" if urlsplit(settings.url).query else "?"
        return f"{settings.url}{joint}{urlencode({settings.since_name: written})}"
    if cursor.get("moved_from") == settings.url:
        return str(cursor["moved_to"])
    return str(settings.url)


def _conditions(cursor: Cursor) -> dict[str, str]:
    found = {"if-none-match": cursor.get("etag", ""), "if-modified-since": cursor.get("modified", "")}
    return {name: value for name, value in found.items() if value}


def _with_conditions(cursor: Cursor, response: Response) -> Cursor:
    if response.status == 304:
        return cursor
    return {**cursor, "etag": response.header("etag")[:500], "modified": response.header("last-modified")[:100]}


def _following(settings: Settings, response: Response, url: str) -> str:
    """The next page's address, empty if there is none."""
    if settings.paging == "none":
        return ""
    if not settings.next_pointer:
        link = _web.next_link(response)
    else:
        found = _web.at_pointer(_web.decoded(response), settings.next_pointer)
        link = found if isinstance(found, str) else ""
    if not link:
        return ""
    try:
        return urljoin(url, link)
    except ValueError:
        raise Trouble("The next link is no address: check where it stands, or tell the agency.") from None


def _same_site(one: str, other: str) -> bool:
    """Secrets go along: the host must be the same, and never unprotected where it was protected."""
    a, b = urlsplit(one), urlsplit(other)
    return a.hostname == b.hostname and (a.scheme == b.scheme or a.scheme == "https")
