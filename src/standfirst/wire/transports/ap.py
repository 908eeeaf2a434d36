"""AP Media API 2.x: a feed that is followed by its `next_page` links, with the text of each story fetched.

The link is followed as soon as it comes; the server holds a request open for up to 15 seconds until there is news. Its
token ends after 72 hours without a request (error 6060): then the feed is asked for anew, and repeats are recognised.
The listing brings metadata; a story's words are in its `nitf` rendition, which is put in beside its link as `value`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from msgspec import Meta

from standfirst.kit.outgoing import shown
from standfirst.wire.transports import _shared, _web
from standfirst.wire.transports._shared import Arrival, Job, News, Note, Remember, SecretField, Skipped, Trouble

KIND: Final = "ap"
LINGERS: Final = False


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which feed of AP's is followed."""

    url: Annotated[
        str,
        Meta(
            title="Address of the feed",
            description="As AP gives it.",
            max_length=2000,
        ),
    ] = "https://api.ap.org/media/v/content/feed"
    query: Annotated[
        str,
        Meta(
            title="Query",
            description="E.g. productid:30598. Empty: all.",
            max_length=1000,
        ),
    ] = ""
    plan: Annotated[bool, Meta(title="Only what our plan covers")] = True
    page_size: Annotated[int, Meta(title="Items a page", ge=1, le=100)] = 50
    texts: Annotated[bool, Meta(title="Fetch the text of stories", description="Without it only metadata come.")] = True


SECRETS: Final = (SecretField("api_key", "API key", "Sent as x-api-key."),)

_PAGES: Final = 40
_TEXT_ROLES: Final = ("nitf", "anpa")
_OWN_TEXT: Final = ("body_nitf", "body_html", "body_xhtml", "body_text", "body", "text")


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if wrong := _web.wrong_address(settings.url):
        yield "url", wrong
    if "api_key" not in secrets:
        yield "api_key", "AP asks for a key: enter the one that AP gave you."


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    url = str(job.cursor.get("next") or "") or _first(settings)
    if not _same_host(url, settings.url):
        url = _first(settings)
    for _ in range(_PAGES):
        response = _web.ask(job, url, headers=_headers(job), also=frozenset({400}))
        if response.status == 400:
            if url == _first(settings):
                raise Trouble(f"AP does not understand the request ({_said(response.body)}): check the query.")
            yield Note("The place in AP's feed had expired: it is asked for anew. See whether anything is missing.")
            url = _first(settings)
            continue
        answer = _web.decoded(response)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise Trouble(f"{shown(url)} did not answer as AP's feed does: check the address.")
        items = data.get("items")
        found = data.get("next_page")
        following = urljoin(url, found) if isinstance(found, str) and found else ""
        if following and not _same_host(following, settings.url):
            raise Trouble(f"The next page leads to {shown(following)}, another host: tell AP.")
        cursor = {"next": following}
        if not isinstance(items, list) or not items:
            yield Remember(cursor)
            return
        job.say(f"{len(items)} items")
        filled = False
        if settings.texts:
            for entry in items:
                if job.stopping():
                    return
                outcome = _fill(job, entry)
                filled = filled or outcome is True
                if isinstance(outcome, Skipped):
                    yield outcome
        yield Arrival(
            file_name="ap-feed.json",
            data=msgspec.json.encode(answer) if filled else response.body,
            parts={"listing-as-received.json": response.body} if filled else {},
            envelope=_web.envelope(url, response),
            cursor=cursor,
        )
        if not following or following == url or job.stopping() or job.trial:
            return
        url = following


def _first(settings: Settings) -> str:
    asked: dict[str, str] = {"page_size": str(settings.page_size)}
    if settings.query:
        asked["q"] = settings.query
    if settings.plan:
        asked["in_my_plan"] = "true"
    present = urlsplit(settings.url).query
    asked = {name: value for name, value in asked.items() if f"{name}=" not in present}
    joint = "&" if present else "?"
    return f"{settings.url}{joint}{urlencode(asked)}" if asked else settings.url


def _headers(job: Job) -> dict[str, str]:
    return {"x-api-key": job.secrets.get("api_key", ""), "accept": "application/json, application/xml;q=0.9, */*;q=0.8"}


def _fill(job: Job, entry: Any) -> bool | Skipped:
    """Put the text of one item in beside its link. True if there was one to fetch and it came."""
    item = entry.get("item", entry) if isinstance(entry, dict) else None
    if not isinstance(item, dict) or item.get("type") not in ("text", None):
        return False
    renditions = item.get("renditions")
    if not isinstance(renditions, dict) or any(item.get(name) for name in _OWN_TEXT):
        return False
    for role in _TEXT_ROLES:
        rendition = renditions.get(role)
        if not isinstance(rendition, dict) or not isinstance(rendition.get("href"), str) or rendition.get("value"):
            continue
        href = rendition["href"]
        try:
            response = _web.ask(
                # The key goes to AP's API only; the CDN's links carry their own.
                job,
                href,
                headers=_headers(job) if _same_host(href, job.settings.url) else {},
                limit_bytes=min(job.limits.bytes, 5_000_000),
            )
        except Trouble as trouble:
            # The item itself must not wait: it may be a kill. Without its text it waits for a person.
            headline = str(item.get("headline") or item.get("title") or "an item")[:80]
            return Skipped(headline, f"Its text could not be fetched. {trouble}")
        rendition["value"] = _text(response.body)
        return True
    return False


def _text(body: bytes) -> str:
    """NITF as a string: AP sends UTF-8; what else an XML declaration says goes for the bytes, not for the string."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("windows-1252", "replace")


def _said(body: bytes) -> str:
    """The words of AP's error, short."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return "status 400"
    words = [text for text in _web.strings(answer) if " " in text]
    return words[0][:200] if words else "status 400"


def _same_host(one: str, other: str) -> bool:
    a, b = urlsplit(one), urlsplit(other)
    return a.hostname == b.hostname and (a.scheme == b.scheme or a.scheme == "https")
