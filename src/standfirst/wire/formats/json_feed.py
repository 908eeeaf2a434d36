"""JSON Feed 1 and 1.1 (jsonfeed.org). Like other feeds it knows no embargo, no kill and no correction.

An item is known by its `id`; an item that changed has the same id and a later `date_modified`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from standfirst.kit.digests import seal
from standfirst.wire.formats._json import Object, kind_of, load, number, objects, read_each, scalar, texts, time_of
from standfirst.wire.formats._shared import (
    DEFAULT,
    Bodies,
    Parsed,
    Profile,
    Unreadable,
    body_from,
    check_size,
    domain_in,
    language_of,
    microseconds,
    plain,
    resolved,
    unique,
    with_absolute_links,
)
from standfirst.wire.item import Association, Headline, Item, ItemType, Link, Oddity, Rendition

NAME: Final = "json-feed"


def recognises(head: bytes) -> bool:
    """True if a file that starts with `head` is a JSON Feed."""
    return kind_of(head) == NAME


def parse(data: bytes, profile: Profile = DEFAULT) -> Parsed:
    """Every item of a feed, in its order. A feed without items is no error. Raises `Unreadable` if it is no feed."""
    check_size(data, profile.limits)
    feed = load(data, profile)
    if not isinstance(feed, dict) or not isinstance(feed.get("items", []), list):
        raise Unreadable("This JSON Feed has no list of items: look at what its address delivers.")
    entries = feed.get("items") or []
    # What the feed says of itself is read once, however many items there are.
    feed["title"], feed["authors"], feed["author"] = scalar(feed.get("title"))[:500], _byline(feed), None
    sealed = seal(data)
    parsed = read_each(entries, lambda entry: _read(entry, feed, profile, sealed), profile, NAME)
    odd = list(parsed.oddities)
    if not entries:
        odd.append(Oddity(code="no-items", text="The feed holds no items now."))
    if feed.get("expired") is True:
        odd.append(Oddity(code="feed-ended", text="The feed says that it is finished and will not be updated again."))
    whole = not scalar(feed.get("next_url")) and len(parsed.items) == len(entries)
    listing = tuple(item.item_id for item in parsed.items) if whole else None
    return Parsed(items=parsed.items, oddities=tuple(odd), format=NAME, listing=listing)


def _read(entry: Object, feed: Object, profile: Profile, sealed: str) -> Item:
    base = scalar(feed.get("home_page_url")) or scalar(feed.get("feed_url"))
    base = base if base.startswith(("http://", "https://")) else ""
    identity = scalar(entry.get("id")) or resolved(base, scalar(entry.get("url")))
    if not identity:
        raise Unreadable("It has no id, so its versions cannot be told apart: ask the feed's publisher to add one.")
    odd: list[Oddity] = []

    published, modified = time_of(entry, "date_published", odd), time_of(entry, "date_modified", odd)
    changed = modified or published
    if changed is None:
        odd.append(Oddity(code="no-date", text="It has no date that can be read, so its versions have no order."))
    links = [
        Link(rel=rel, target=target)
        for rel, name in (("alternate", "url"), ("related", "external_url"))
        for target in (resolved(base, scalar(entry.get(name))),)
        if target
    ]
    provider = profile.provider
    for address in (feed.get("home_page_url"), feed.get("feed_url"), entry.get("url"), identity):
        provider = provider or domain_in(scalar(address))
    if not provider:
        provider = feed["title"] or "unknown"
        odd.append(Oddity(code="no-provider", text="The feed does not say whose it is."))
    body, raw = _body(entry, base)
    headline = plain(scalar(entry.get("title")))
    associations = tuple(_associations(entry, base))
    if not (headline or body or associations):
        odd.append(Oddity(code="no-content", text="It has neither headline, nor text, nor anything to show."))
    return Item(
        provider=provider,
        item_id=identity,
        version_raw=scalar(entry.get("date_modified")) or scalar(entry.get("date_published")),
        version_order=microseconds(changed),
        thread_key=identity,
        headline=headline,
        headlines=(Headline(text=headline),) if headline else (),
        byline=_byline(entry) or feed["authors"],
        abstract=plain(scalar(entry.get("summary"))),
        body_html=body,
        body_raw=raw,
        language=language_of(scalar(entry.get("language")) or scalar(feed.get("language"))) or profile.language,
        keywords=texts(entry.get("tags")),
        first_created=published,
        version_created=changed,
        associations=associations,
        links=tuple(links),
        raw_sha256=sealed,
        oddities=tuple(odd),
    )


_MOST_WRITERS: Final = 50


def _byline(source: Object) -> str:
    """The writers of an item or of a whole feed, in the words of version 1.1 or 1."""
    for who in (source.get("authors"), source.get("author")):
        names = texts(who[:_MOST_WRITERS] if isinstance(who, list) else who, "name")
        if names:
            return ", ".join(names)[:500]
    return ""


def _body(entry: Object, base: str) -> tuple[str, str]:
    """(body_html, body_raw). HTML and plain text are the same story; the text counts only for what the HTML lacks."""
    bodies = Bodies()
    raws: list[str] = []
    for name, mime in (("content_html", "text/html"), ("content_text", "text/plain")):
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            raws.append(value)
            bodies.add(body_from(with_absolute_links(value, base) if name == "content_html" else value, mime))
    return bodies.html(), "\n".join(raws)


_KINDS: Final[dict[str, ItemType]] = {"image": "picture", "video": "video", "audio": "audio"}


def _associations(entry: Object, base: str) -> Iterator[Association]:
    pictures = unique(resolved(base, scalar(entry.get(name))) for name in ("image", "banner_image"))
    for address in pictures:
        yield Association(role="image", item_id=address, type="picture", renditions=(Rendition(href=address),))
    for each in objects(entry.get("attachments")):
        address, mime = resolved(base, scalar(each.get("url"))), scalar(each.get("mime_type"))
        if address and address not in pictures:
            rendition = Rendition(role="attachment", href=address, mime=mime, bytes=number(each.get("size_in_bytes")))
            yield Association(
                role="attachment",
                item_id=address,
                type=_KINDS.get(mime.partition("/")[0], ""),
                headline=plain(scalar(each.get("title"))),
                renditions=(rendition,),
            )
