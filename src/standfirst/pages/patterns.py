"""The pattern page: every component of the theme, from the same templates, with ordinary, long, empty and right-to-left
content. For whoever changes how the site looks; nothing leads there, and searches leave it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from standfirst.edition.reads import Reads
from standfirst.edition.snapshots import Crumb, Epoch, Site, Tongue
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.parts import Chrome, Part, feeds_part, head_part, page, picture_place, search_part
from standfirst.pages.story import translation_part
from standfirst.pages.templates import NOTHING, Html, component, text
from standfirst.pages.words import Words, moment, words


@dataclass(frozen=True, slots=True)
class Voice:
    """One kind of content. Whatever is empty here is empty in every component."""

    label: str
    language: str = "en"
    direction: str = "ltr"
    name: str = ""
    kicker: str = ""
    headline: str = ""
    standfirst: str = ""
    sentence: str = ""
    day: str = ""
    """A moment, in UTC; components are given it as printed."""


VOICES = (
    Voice(
        label="ordinary",
        name="Ada Obi",
        kicker="Estuary",
        headline="Ferry crews vote to keep the night crossing",
        standfirst="The vote was close, and the last boat still leaves at half past eleven.",
        sentence="The crews met twice this week, once in the canteen and once on the car deck.",
        day="2026-11-22T08:30:00Z",
    ),
    Voice(
        label="long",
        name="Adaeze Chukwuemeka-Featherstonehaugh and the correspondents of the Tidewater Agency",
        kicker="After eleven years of argument",
        headline="Neighbours around the small gulf agree to share their fishing grounds, their weather reports and "
        "a rescue station, and leave Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch to settle the nets",
        standfirst="Negotiators say that the agreement ends years of quarrel over who may fish where and when; the "
        "small boats’ associations ask for guarantees in writing before the next season begins.",
        sentence="For as long as anyone on this shore can remember the question was put in the same words and answered "
        "in the same words, and nobody who asked it or answered it expected that it would one day be settled over tea.",
        day="2026-09-22T22:59:00Z",
    ),
    Voice(label="empty", headline="Ferry crews vote", name="Desk", day="2026-05-01T00:00:00Z"),
    Voice(
        label="right to left",
        language="ar",
        direction="rtl",
        name="مراسل المرفأ",
        kicker="بعد مفاوضات طويلة",
        headline="الدول المطلة على الخليج الصغير تتوصل إلى اتفاق تاريخي لتقاسم مناطق الصيد وتبادل بيانات الطقس",
        standfirst="يقول المفاوضون إن الاتفاق يضع حدًّا لسنوات من النزاع.",
        sentence="توصلت الدول المطلة على الخليج الصغير إلى اتفاق لتقاسم مناطق الصيد.",
        day="2026-11-22T08:30:00Z",
    ),
)

PATTERNS = "/patterns/"

_HERE = Html("#main")


def _picture(voice: Voice, icon: Html) -> Part | None:
    if not voice.kicker:
        return None
    return {
        "avif": NOTHING,
        "phone": NOTHING,
        "webp": NOTHING,
        "jpeg": icon,
        "scaled": False,
        "src": icon,
        "width": 960,
        "height": 640,
        "alt": voice.headline,
        "sizes": NOTHING,
        "eager": False,
        "tint": Html("tint-20"),
    }


def _line(voice: Voice, icon: Html) -> Part:
    return {
        "path": _HERE,
        "kicker": voice.kicker,
        "headline": voice.headline,
        "attributes": NOTHING,
        "picture": _picture(voice, icon),
    }


def _time(voice: Voice) -> Part:
    return {"iso": "2026-11-22T08:30:00Z", "text": voice.day}


def _by(voice: Voice) -> list[Part]:
    return [{"before": "", "name": voice.name, "path": _HERE}] if voice.sentence else []


def _card(voice: Voice, icon: Html) -> Part:
    return {
        **_line(voice, icon),
        "standfirst": voice.standfirst,
        "tone": "tone-2",
        "level": 3,
        "by": _by(voice),
        "credit": "Tidewater" if voice.sentence else "",
        "time": _time(voice),
    }


def _figure(voice: Voice, icon: Html) -> Part:
    picture = _picture(voice, icon) or _picture(VOICES[0], icon)
    return {
        "picture": picture,
        "full": icon,
        "caption": voice.sentence,
        "credit": "Tidewater" if voice.sentence else "",
    }


def _quote(voice: Voice) -> Part:
    html = text(voice.sentence or voice.headline)
    return {"kind": "quote", "html": html, "attribution": voice.name if voice.sentence else "", "inline": True}


def _facts(voice: Voice) -> Part:
    html = Html(f"<p>{text(voice.sentence or voice.headline)}</p>")
    return {"kind": "facts", "title": voice.kicker, "html": html}


def _link(voice: Voice, icon: Html) -> Part:
    return {"kind": "link", "text": voice.standfirst, "line": _line(voice, icon), "outside": False}


def _gallery(voice: Voice, w: Words, icon: Html) -> Part:
    figure = {**_figure(voice, icon), "path": _HERE}
    return {
        "kind": "gallery",
        "title": voice.kicker,
        "label": voice.kicker or w.pictures(3),
        "path": _HERE,
        "count": w.pictures(3),
        "slides": [{**figure, "place": picture_place(w, n, 3)} for n in (1, 2, 3)],
    }


def _prose(voice: Voice, icon: Html) -> list[Part]:
    html = text(voice.sentence)
    if not voice.sentence:
        return []
    return [
        {"kind": "paragraph", "html": html, "dateline": voice.kicker},
        {"kind": "heading", "text": voice.headline},
        {"kind": "paragraph", "html": Html(f'{html} <a href="#main">{html}</a>'), "dateline": ""},
        _quote(voice),
        {"kind": "list", "ordered": False, "entries": [html, html]},
        {"kind": "list", "ordered": True, "entries": [html, html]},
        {"kind": "figure", "figure": _figure(voice, icon)},
        _facts(voice),
        _link(voice, icon),
    ]


def _lines(voice: Voice, icon: Html) -> list[Part]:
    return [_line(voice, icon)] * 3 if voice.sentence else []


Case = Callable[[Voice, Words, Html], Part]

COMPONENTS: dict[str, Case] = {
    "logo": lambda v, w, icon: {
        "name": v.name,
        "logo": {"src": icon, "dark": NOTHING, "width": 40, "height": 40} if v.sentence else None,
    },
    "breadcrumb": lambda v, w, icon: {
        "trail": [{"path": _HERE, "name": name} for name in (w.home, v.kicker, v.name)] if v.kicker else []
    },
    "headline": lambda v, w, icon: {
        "kicker": v.kicker,
        "headline": v.headline,
        "level": 3,
        "standfirst": v.standfirst,
        "long": len(v.headline) > 100,
    },
    "byline": lambda v, w, icon: {"by": _by(v), "credit": v.kicker, "dateline": v.kicker},
    "dates": lambda v, w, icon: {"published": _time(v), "refreshed": _time(v) if v.sentence else None},
    "picture": lambda v, w, icon: {"picture": _figure(v, icon)["picture"]},
    "figure": lambda v, w, icon: {"figure": _figure(v, icon)},
    "correction": lambda v, w, icon: {
        "note": {"label": w.correction, "text": v.sentence or v.headline, "time": _time(v)}
    },
    "prose": lambda v, w, icon: {"blocks": _prose(v, icon)},
    "gallery": lambda v, w, icon: {"block": _gallery(v, w, icon)},
    "quote": lambda v, w, icon: {"block": _quote(v)},
    "facts": lambda v, w, icon: {"block": _facts(v)},
    "link": lambda v, w, icon: {"block": _link(v, icon)},
    "author-card": lambda v, w, icon: {
        "author": {
            "path": _HERE,
            "name": v.name,
            "role": w.desk if v.sentence else "",
            "bio": v.sentence,
            "picture": _picture(v, icon),
        }
    },
    "card": lambda v, w, icon: {"card": _card(v, icon)},
    "line": lambda v, w, icon: {"line": _line(v, icon)},
    "top": lambda v, w, icon: {"top": _lines(v, icon)},
    "most-read": lambda v, w, icon: {"most_read": _lines(v, icon)},
    "breaking": lambda v, w, icon: {"breaking": _lines(v, icon)[:2]},
    "related": lambda v, w, icon: {"related": _lines(v, icon)},
    "rail": lambda v, w, icon: {
        "section": {"path": _HERE, "title": w.more_from.format(v.name), "rails": NOTHING},
        "rail": _lines(v, icon),
    },
    "strip": lambda v, w, icon: {
        "strip": {
            "name": v.kicker or v.name,
            "path": _HERE,
            "tone": "tone-3",
            "first": _card(v, icon),
            "lines": _lines(v, icon),
        }
    },
    "share": lambda v, w, icon: {
        "share": [
            {"name": name, "href": _HERE} for name in (w.share_whatsapp, w.share_facebook, w.share_x, w.share_email)
        ]
        if v.sentence
        else []
    },
    "history": lambda v, w, icon: {
        "history": [
            {"label": w.first_published, "text": "", "time": _time(v)},
            {"label": w.correction, "text": v.sentence, "time": _time(v)},
        ]
        if v.sentence
        else [],
        "corrections_path": _HERE,
    },
    "call": lambda v, w, icon: {
        "call": {
            "ways": [
                {"name": w.send_whatsapp, "href": _HERE, "text": "+234 905 555 0199"},
                {"name": w.send_email, "href": _HERE, "text": "seen@news.example"},
            ],
            "handle": "@harbourpost, #HarbourEyewitness",
        }
        if v.sentence
        else None
    },
    "newsletter": lambda v, w, icon: {
        "newsletter": {"path": _HERE, "name": v.standfirst or w.newsletter} if v.sentence else None
    },
    "erratum": lambda v, w, icon: {
        "entry": {
            "path": _HERE,
            "kicker": v.kicker,
            "headline": v.headline,
            "attributes": NOTHING,
            "notes": [{"label": w.correction, "text": v.sentence, "time": _time(v)}] if v.sentence else [],
        }
    },
    "topics": lambda v, w, icon: {"topics": [{"path": _HERE, "name": name} for name in (v.kicker, v.name) if v.kicker]},
    "translations": lambda v, w, icon: {
        "translations": [translation_part(Tongue(path="#main", language=tag), w) for tag in ("fr", "ar") if v.sentence]
    },
    "feeds": lambda v, w, icon: {"feeds": feeds_part("/", w) if v.sentence else []},
    "searchbox": lambda v, w, icon: {"search": search_part(v.kicker)},
    "days": lambda v, w, icon: {"days": [{"path": _HERE, "name": v.day}] * 3 if v.sentence else []},
}
"""What each component is given for a voice."""


def case(name: str, voice: Voice, icon: Html, site: Site) -> Html:
    """The component `name` printed with the content of `voice`; `icon` is the address of the picture it shows."""
    w = words(voice.language, site)
    voice = replace(voice, day=moment(voice.day, site.zone, w))
    html = component(f"{name}.html", {"w": w, **COMPONENTS[name](voice, w, icon)})
    # A line is an item of somebody's list.
    return Html(f"<ul>{html}</ul>") if name == "line" else html


def pattern_page(reads: Reads, ref: PageRef, press: Press) -> Output | None:
    """Every component as this newsroom prints it, for whoever changes how it looks. No search finds it."""
    return patterns(reads.site(), reads.epoch()) if ref.path == PATTERNS else None


def patterns(site: Site, epoch: Epoch) -> Output:
    """The pattern page of a newsroom."""
    home = Crumb(id=site.home or 1, path="/", name=site.name)
    chrome = Chrome(site, epoch, home, tuple(Crumb(id=-n, path="/", name=VOICES[0].kicker) for n in range(1, 7)))
    icon = chrome.assets["icon"]
    context = {
        "patterns": [
            {
                "name": name,
                "cases": [
                    {
                        "label": voice.label,
                        "language": voice.language,
                        "direction": voice.direction,
                        "html": case(name, voice, icon, site),
                    }
                    for voice in VOICES
                ],
            }
            for name in COMPONENTS
        ]
    }
    return page("patterns.html", chrome, head_part("Patterns", index=False), context, tone="tone-1", language="en")
