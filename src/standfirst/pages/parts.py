"""The parts that pages share, each made from a few named reads: chrome, cards, lines, pictures, bylines, rails.

A part is a plain dict whose keys are what the component of the same name in `theme/` prints. Texts are plain strings,
escaped by the template; addresses and cleaned markup are `Html`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import (
    Author,
    Card,
    Crumb,
    Epoch,
    Gallery,
    GalleryPicture,
    Line,
    Picture,
    Section,
    Signature,
    Site,
)
from standfirst.kit.languages import direction_of, primary_of
from standfirst.kit.sitefiles import FULL, SEARCH
from standfirst.library.asking import LONGEST
from standfirst.pages.assets import DARK_LOGOS, LOGOS, sizes
from standfirst.pages.dates import number as in_digits
from standfirst.pages.output import Output
from standfirst.pages.pictures import CARD_WIDTH, THUMB_WIDTH, WIDTHS, Rendition, avif_of, avifs, close_up, renditions
from standfirst.pages.templates import NOTHING, Html, component, text, whole
from standfirst.pages.words import Words, moment, words

Part = dict[str, Any]
T = TypeVar("T")

TONES = 6
"""How many section colours there are (`tokens.css`); top sections take them in turn."""

ABOUT = "/about/"
CORRECTIONS = "/corrections/"
ARCHIVE = "/archive/"

PHONE = "(max-width: 30em)"
"""A screen no wider than this is a telephone's: what is large there is fetched as AVIF."""

# Three dots to a point show nothing that two do not, and cost twice as much: a telephone is told that less is shown.
_SPARING = f"{PHONE} and (min-resolution: 2.1dppx) 60vw"

HERO = f"{_SPARING}, (min-width: 75em) 42rem, (min-width: 64em) 60vw, 100vw"
INSET = f"{_SPARING}, (min-width: 48em) 42rem, 100vw"
LEAD = f"{_SPARING}, (min-width: 60em) 48rem, 100vw"
CARD = f"{_SPARING}, (min-width: 60em) 19rem, (min-width: 36em) 46vw, 100vw"
SLIDE = f"{PHONE} and (min-resolution: 2.1dppx) 38vw, (min-width: 36em) 22rem, 58vw"
TILE = "(min-width: 60em) 17rem, (min-width: 36em) 46vw, 5rem"
ROW = "(min-width: 36em) 11.5rem, 5rem"
THUMB = "8rem"
"""How wide pictures are shown. `TILE` and `ROW` are thumbnails on telephones, told a fifth narrower for the same
reason."""


@dataclass(frozen=True)
class Chrome:
    """What every page shows of the site: masthead, menu, footer. Built by `chrome()`."""

    site: Site
    epoch: Epoch
    home: Crumb | None
    nav: tuple[Crumb, ...]
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words(self.site.language, self.site))

    @cached_property
    def tones(self) -> dict[int, str]:
        """The colour class of each top section."""
        return {crumb.id: f"tone-{place % TONES + 1}" for place, crumb in enumerate(self.nav)}

    @cached_property
    def direction(self) -> str:
        return direction_of(self.site.language)

    @cached_property
    def paths(self) -> dict[str, str]:
        """Where each style sheet, script, face and logo is, by its name in `theme/`."""
        return dict(self.epoch.assets)

    @cached_property
    def assets(self) -> dict[str, Html]:
        """Addresses of what every page asks for: style sheet, icon, and the face of headlines where there is one."""
        names = {"css": "site.css", "savedata": "savedata.js", "icon": "icon.svg", "face": "headline.woff2"}
        return {name: text(self.paths.get(file, "")) for name, file in names.items()}

    def scripts(self, *names: str) -> list[Html]:
        """Addresses of scripts beside the one that every page has; `names` as in `theme/`, without the ending."""
        return [text(self.paths[file]) for name in names if (file := f"{name}.js") in self.paths]

    @cached_property
    def logo(self) -> Part | None:
        """What stands in the masthead in the place of the name, if the newsroom's theme has a logo."""
        name = next((name for name in LOGOS if self.paths.get(name)), "")
        if not name:
            return None
        width, height = sizes().get(name, (0, 0))
        dark = next((name for name in DARK_LOGOS if self.paths.get(name)), "")
        return {"src": text(self.paths[name]), "dark": text(self.paths.get(dark, "")), "width": width, "height": height}

    def newsletter(self, language: str, w: Words) -> Part | None:
        """The line that leads to the newsletter, on a page in `language`, with words `w`: as the newsroom says it where
        either is the site's own."""
        letter = self.site.newsletter
        if letter is None:
            return None
        own = primary_of(self.site.language) in (primary_of(language), primary_of(w.language))
        return {"path": text(letter.address), "name": (own and letter.line) or w.newsletter}

    def top(self, section: Crumb | Section) -> int:
        """Id of the top section that `section` is, or lies below."""
        return section.trail[1] if len(section.trail) > 1 else section.id

    def tone(self, section: Crumb | Section | None) -> str:
        return "tone-0" if section is None else self.tones.get(self.top(section), "tone-0")

    def attributes(self, language: str, direction: str) -> Html:
        """` lang dir` of the chrome, for a page that is in another language than the site."""
        return attributes(self.site.language, self.direction, language, direction)

    @cached_property
    def _mastheads(self) -> dict[tuple[int, bool, str, str], Html]:
        return {}

    def masthead(self, active: int, language: str, direction: str, *, searchbox: bool = True) -> Html:
        """Name, menu and the way to the search; `active` is the top section that the page belongs to (0: none, -1: the
        home front). Without `searchbox` on pages that have the search themselves, or say that it is away."""
        key = (active, searchbox, language, direction)
        if key not in self._mastheads:
            context = self._chrome(active, language, direction)
            context["search"] = search_part() if searchbox and self.home else None
            self._mastheads[key] = component("masthead.html", context)
        return self._mastheads[key]

    @cached_property
    def _footers(self) -> dict[tuple[str, str], Html]:
        return {}

    def footer(self, language: str, direction: str) -> Html:
        key = (language, direction)
        if key not in self._footers:
            self._footers[key] = component("footer.html", self._chrome(0, language, direction))
        return self._footers[key]

    def _chrome(self, active: int, language: str, direction: str) -> Part:
        letter = self.site.newsletter
        return {
            "w": self.words,
            "attributes": self.attributes(language, direction),
            "name": self.site.name,
            "strapline": self.site.strapline,
            "about": self.site.about,
            "pages": [
                {"path": text(SEARCH), "name": self.words.search},
                *([{"path": text(ABOUT), "name": self.words.about}] if self.site.standards else []),
                {"path": text(CORRECTIONS), "name": self.words.corrections},
                {"path": text(ARCHIVE), "name": self.words.archive},
                *([{"path": text(letter.address), "name": self.words.newsletter}] if letter else []),
            ],
            "front": active == -1,
            "logo": self.logo,
            "home": self.home and {"path": text(self.home.path), "feeds": feeds_part(self.home.path, self.words)},
            "sections": [
                {"path": text(it.path), "name": it.name, "tone": self.tones[it.id], "active": it.id == active}
                for it in self.nav
            ],
        }


@lru_cache(maxsize=64)
def _chrome(site: Site, epoch: Epoch, home: Crumb | None, nav: tuple[Crumb, ...]) -> Chrome:
    # Remembered by value, so a process lays out masthead and footer once for each state of the site.
    return Chrome(site, epoch, home, nav)


def chrome(reads: Reads) -> Chrome:
    """Reads: site, epoch, crumb of the home front, its children and a crumb of each."""
    return reads.once("chrome", lambda: _read_chrome(reads))


def _read_chrome(reads: Reads) -> Chrome:
    site = reads.site()
    home = reads.crumb(site.home) if site.home else None
    nav = reads.listing("children", home.id, 30) if home else ()
    return _chrome(site, reads.epoch(), home, tuple(there(reads.crumb(id) for id in nav)))


def there(values: Iterable[T | None]) -> Iterator[T]:
    """Those of `values` that exist."""
    return (value for value in values if value is not None)


# --- addresses ----------------------------------------------------------------------------------------------------


FEEDS = {
    "feed.xml": ("application/rss+xml", "RSS"),
    "atom.xml": ("application/atom+xml", "Atom"),
    "feed.json": ("application/feed+json", "JSON Feed"),
}
"""Last part of the address of each feed of a list -> its media type, and what it is called."""

NINJS = "ninjs.json"
"""Last part of the address at which partners' programs read a story or a list: ninjs."""


def rails_path(section: int) -> str:
    """Address of the file with which old story pages of a section renew their rails. By its id: sections move."""
    return f"/rails/{section}.html"


def gallery_path(story: str) -> str:
    """Address of the page of pictures of the story at path `story`."""
    return f"{story}pictures/"


def day_path(day: str) -> str:
    """Address of the page of `day` ("2026-11-22")."""
    return f"/{day.replace('-', '/')}/"


def identity(site: Site, kind: str, id: int | str) -> str:
    """What machines call one of our records for ever, wherever it stands: a UUID of the newsroom's own (RFC 9562, 5.5).

    Addresses move: a section that is renamed must not make the entries of feeds new, nor a partner's copies strangers.
    """
    return _identity(site.newsroom, kind, str(id))


@lru_cache(maxsize=20_000)
def _identity(newsroom: str, kind: str, id: str) -> str:
    return uuid5(_namespace(newsroom), f"{kind}:{id}").urn


@lru_cache(maxsize=8)
def _namespace(newsroom: str) -> UUID:
    return UUID(newsroom) if newsroom else NAMESPACE_URL


def absolute(site: Site, path: str) -> str:
    """The full address of a page of ours, percent-encoded as RFC 3986 asks."""
    return _absolute(site.origin, path)


@lru_cache(maxsize=20_000)
def _absolute(origin: str, path: str) -> str:
    return origin + quote(path, safe="/%~:@!$&'()*+,;=-._")


# --- small parts --------------------------------------------------------------------------------------------------


def attributes(language: str, direction: str, page_language: str, page_direction: str) -> Html:
    """` lang="ar" dir="rtl"`, as far as it differs from the page's."""
    found = ""
    if language != page_language:
        found += f' lang="{escape(language)}"'
    if direction != page_direction:
        found += f' dir="{escape(direction)}"'
    return Html(found)


def time_part(iso: str, site: Site, words: Words) -> Part | None:
    """A moment for a `<time>`. None without one: a draft in preview has not been published."""
    if not iso:
        return None
    return {"iso": iso, "text": moment(iso, site.zone, words)}


def search_part(typed: str = "") -> Part:
    """For the component `searchbox.html`: a field, with `typed` in it, and a button."""
    return {"action": Html(SEARCH), "text": typed, "longest": LONGEST}


def feeds_part(path: str, words: Words) -> list[Part]:
    """For the component `feeds.html`: the feeds of the list at `path`."""
    names = {"feed.xml": words.rss, "atom.xml": words.atom, "feed.json": words.json_feed}
    return [{"path": text(path + name), "type": text(type), "name": names[name]} for name, (type, _) in FEEDS.items()]


def trail_part(site: Chrome, trail: Iterable[Crumb], words: Words) -> list[Part]:
    """The way from the home front down, by which a reader goes back up."""
    return [{"path": text(it.path), "name": words.home if it.id == site.site.home else it.name} for it in trail]


def picture_part(
    picture: Picture | None, sizes: str, widest: int, *, eager: bool = False, avif: str | None = None
) -> Part | None:
    """A `<picture>` with copies up to `widest` pixels wide. None: there is nothing that may be shown.

    `avif` says of what the copies in AVIF are made that readers have.
    """
    if picture is None or not picture.usable:
        return None
    copies = [copy for copy in renditions(picture) if copy.width <= widest] or list(renditions(picture)[:1])
    jpeg = [copy for copy in copies if copy.format == "jpg"]
    if not jpeg:
        return None
    shown = jpeg[-1]
    return {
        "avif": Html(", ".join(map(_candidate, avifs(picture)))) if avif == avif_of(picture) else NOTHING,
        "phone": Html(PHONE),
        "webp": _srcset([copy for copy in copies if copy.format == "webp"]),
        "jpeg": _srcset(jpeg),
        "scaled": len(jpeg) > 1,
        "src": Html(jpeg[min(1, len(jpeg) - 1)].path),
        "width": shown.width,
        "height": shown.height,
        "alt": picture.alt,
        "sizes": Html(sizes),
        "eager": eager,
        "tint": Html(f"tint-{picture.tint}") if picture.tint else NOTHING,
    }


def _srcset(copies: Sequence[Rendition]) -> Html:
    if len(copies) == 1:
        return Html(copies[0].path)
    return Html(", ".join(map(_candidate, copies)))


def _candidate(copy: Rendition) -> str:
    return f"{copy.path} {copy.width}w"


def figure_part(
    reads: Reads, id: int, caption: str, sizes: str, *, widest: int = WIDTHS[-1], eager: bool = False
) -> Part | None:
    """A picture with credit and `caption`, else its own. Reads: the picture, whether it has copies in AVIF."""
    picture = reads.picture(id)
    if picture is None or not picture.usable:
        return None
    shown = picture_part(picture, sizes, widest, eager=eager, avif=reads.avif(id))
    if shown is None:
        return None
    return {
        "picture": shown,
        "full": Html(f"{close_up(picture).path}?{FULL}"),
        "caption": caption or picture.caption,
        "credit": picture.credit,
    }


def shown_in(reads: Reads, pictures: Iterable[GalleryPicture], *, large: bool = False) -> list[Part | None]:
    """The pictures of galleries, None for those that may not be shown: in a row, or `large`, the first of them at
    once. Reads: each picture, and whether it has copies in AVIF."""
    found: list[Part | None] = []
    for each in pictures:
        eager = large and not any(found)
        sizes, widest = (HERO, WIDTHS[-1]) if large else (SLIDE, CARD_WIDTH)
        found.append(figure_part(reads, each.picture, each.caption, sizes, widest=widest, eager=eager))
    return found


def gallery_part(block: Gallery, story: str, album: Sequence[Part | None], place: int, w: Words) -> Part | None:
    """A gallery of the story at path `story`, whose pictures stand from `place` on in its `album` (`shown_in`). None:
    none of them may be shown."""
    total = sum(figure is not None for figure in album)
    number = sum(figure is not None for figure in album[:place])
    slides = []
    for figure in there(album[place : place + len(block.pictures)]):
        number += 1
        slides.append(
            {
                **figure,
                "path": text(f"{gallery_path(story)}#{picture_anchor(number)}"),
                "place": picture_place(w, number, total),
            }
        )
    if not slides:
        return None
    return {
        "kind": "gallery",
        "title": block.title,
        "label": block.title or w.pictures(total),
        "path": text(gallery_path(story)),
        "count": w.pictures(total),
        "slides": slides,
    }


def picture_place(w: Words, number: int, total: int) -> str:
    """Which of all the pictures of a story one is, in words."""
    return w.picture_place.format(n=in_digits(number, w.style), total=in_digits(total, w.style))


def picture_anchor(number: int) -> str:
    """The anchor of picture `number` on a page of pictures."""
    return f"picture-{number}"


def without_by(printed: str, words: Words) -> str:
    """A printed byline without the "By" that agencies write before it: the page says that itself."""
    first, _, rest = printed.partition(" ")
    return rest.strip() if rest.strip() and first.casefold() in {"by", words.by.casefold()} else printed


def byline_part(printed: str, authors: Iterable[Author | Signature], words: Words) -> list[Part]:
    """The byline as pieces: the printed one, else the authors' names as links with what stands between them."""
    if printed:
        return [{"before": "", "name": without_by(printed, words), "path": NOTHING}]
    found = list(authors)
    return [
        {
            "before": "" if place == 0 else words.last_joint if place == len(found) - 1 else words.joint,
            "name": author.name,
            "path": text(author.path),
        }
        for place, author in enumerate(found)
    ]


_SCORE = re.compile(r"\d+(?:[-\u2013]\d+)+")


def headline_part(headline: str) -> str | Html:
    """A headline in which no line ends within a score or a span of years: "3-2", "2026\u201327"."""
    # Hardly any headline has a dash: that is told sooner than a pattern tells it.
    if not ("-" in headline or "\u2013" in headline) or not _SCORE.search(headline):
        return headline
    return Html(_SCORE.sub(lambda found: f'<span class="score">{found[0]}</span>', text(headline)))


# --- stories in lists ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lists:
    """Makes the cards and lines of one page, in the page's language."""

    reads: Reads
    chrome: Chrome
    words: Words
    language: str
    direction: str

    def line(self, line: Line, *, thumb: bool = False) -> Part:
        """Kicker and headline. With `thumb`, reads the picture."""
        picture = self.reads.picture(line.picture) if thumb and line.picture is not None else None
        return {
            "path": text(line.path),
            "kicker": line.kicker,
            "headline": headline_part(line.headline),
            "attributes": attributes(line.language, line.direction, self.language, self.direction),
            "picture": picture_part(picture, THUMB, THUMB_WIDTH),
        }

    def card(
        self,
        card: Card,
        *,
        level: int,
        tone: str | None = None,
        sizes: str = CARD,
        widest: int = CARD_WIDTH,
        eager: bool = False,
        signed: bool = False,
        dated: bool = False,
        short: bool = True,
    ) -> Part:
        """A card. Reads its picture, and of one that is large on telephones whether it has copies in AVIF; without a
        `tone` the crumb of its section, for colour and for want of a kicker; when
        `signed`, the signatures of its authors."""
        picture = self.reads.picture(card.picture) if card.picture is not None else None
        # On a telephone only these are large.
        large = picture is not None and picture.usable and sizes in (LEAD, CARD)
        avif = self.reads.avif(picture.id) if picture is not None and large else None
        kicker = card.kicker
        if tone is None:
            section = self.reads.crumb(card.section)
            tone = self.chrome.tone(section)
            kicker = kicker or (section.name if section else "")
        by: list[Part] = []
        if signed:
            names = () if card.byline else there(self.reads.signature(id) for id in card.authors)
            by = byline_part(card.byline, names, self.words)
        return {
            "path": text(card.path),
            "kicker": kicker,
            "headline": headline_part((card.short_headline if short else "") or card.headline),
            "standfirst": card.standfirst,
            "attributes": attributes(card.language, card.direction, self.language, self.direction),
            "tone": tone,
            "level": level,
            "picture": picture_part(picture, sizes, widest, eager=eager, avif=avif),
            "by": by,
            "credit": card.credit if signed else "",
            "time": time_part(card.published, self.chrome.site, self.words) if dated else None,
        }

    def lines(self, ids: Iterable[int], *, most: int = 100, thumb: bool = False) -> list[Part]:
        """Lines of the live stories among `ids`, at most `most`."""
        found: list[Part] = []
        for id in ids:
            if len(found) == most:
                break
            line = self.reads.line(id)
            if line is not None:
                found.append(self.line(line, thumb=thumb))
        return found

    def top(self, but: int = 0) -> list[Part]:
        """The three most read stories, `but` one. Reads: the ranking, a line of each."""
        return self.lines((id for id in self.reads.ranking("top") if id != but), most=3)


# --- whole pages --------------------------------------------------------------------------------------------------


def alternate(path: str, type: str, title: str) -> Part:
    """The same for machines at `path`."""
    return {"path": text(path), "type": text(type), "title": title, "language": NOTHING}


@lru_cache(maxsize=1_000)
def feed_alternates(path: str, title: str) -> Sequence[Part]:
    """The feeds of the list at `path`."""
    return tuple(alternate(path + name, type, f"{title} ({label})") for name, (type, label) in FEEDS.items())


def alternates(path: str, title: str) -> list[Part]:
    """The feeds of the list at `path`, and what partners' programs read there."""
    return [*feed_alternates(path, title), alternate(path + NINJS, "application/json", f"{title} (ninjs)")]


def head_part(
    title: str,
    *,
    description: str = "",
    canonical: str = "",
    properties: Sequence[tuple[str, str]] = (),
    alternates: Sequence[Part] = (),
    data: Sequence[Html] = (),
    index: bool = True,
) -> Part:
    """What stands in a page's `<head>`. `alternates`: as `alternate` makes them; `data`: JSON-LD, already encoded."""
    return {
        "title": title,
        "description": description,
        "canonical": text(canonical),
        "properties": [(name, text(value) if value.startswith("http") else value) for name, value in properties],
        "alternates": alternates,
        "data": data,
        "index": index,
    }


def page(
    template: str,
    chrome: Chrome,
    head: Part,
    context: Part,
    *,
    active: int = 0,
    tone: str = "tone-0",
    language: str = "",
    direction: str = "",
    status: int = 200,
    breaking: Sequence[Part] = (),
    scripts: Sequence[Html] = (),
    searchbox: bool = True,
) -> Output:
    """A whole page of HTML. Without `language`, in the site's. `breaking`: lines of what is breaking news; `scripts`:
    addresses, as `Chrome.scripts` gives them; `searchbox`: whether the masthead has one."""
    language = language or chrome.site.language
    direction = direction or chrome.direction
    context = {
        "w": words(language, chrome.site),
        "page": {"language": language, "direction": direction, "tone": tone},
        "head": head,
        "assets": chrome.assets,
        "scripts": scripts,
        "breaking": breaking,
        "masthead": chrome.masthead(active, language, direction, searchbox=searchbox),
        "footer": chrome.footer(language, direction),
        **context,
    }
    return Output(body=whole(template, context), status=status)
