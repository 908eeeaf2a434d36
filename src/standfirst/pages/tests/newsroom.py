"""A newsroom in memory: records in, reads out, every read written down. And a small cast of copy to fill it with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from lxml import html
from PIL import Image, ImageDraw

from standfirst.edition.listings import LISTINGS
from standfirst.edition.snapshots import (
    Album,
    Author,
    Avif,
    Breaking,
    Card,
    Correction,
    Crumb,
    Entry,
    Epoch,
    Errata,
    FactBox,
    Frozen,
    Gallery,
    GalleryPicture,
    Heading,
    Hot,
    Lead,
    Line,
    LinkCard,
    ListBlock,
    Newsletter,
    Origin,
    Paragraph,
    Picture,
    PictureBlock,
    Quote,
    Ranking,
    Related,
    Section,
    Signature,
    Site,
    Slots,
    Stamp,
    Standards,
    Story,
    Tag,
    Tips,
    Tongue,
    Topic,
    Window,
    album,
    card,
    crumb,
    entry,
    errata,
    line,
    link,
    signature,
    stamp,
    tag,
    tongue,
)
from standfirst.pages.assets import epoch
from standfirst.pages.output import Output, PageRef, Press
from standfirst.pages.site import RENDERERS, pages_of

T = TypeVar("T")

KINDS: dict[type[Frozen], str] = {
    Story: "story",
    Section: "section",
    Author: "author",
    Topic: "topic",
    Picture: "picture",
    Site: "site",
    Standards: "standards",
    Related: "related",
    Ranking: "ranking",
    Slots: "slots",
    Breaking: "breaking",
    Hot: "hot",
    Avif: "avif",
    Window: "window",
    Epoch: "epoch",
}


class Newsroom:
    """State is records and nothing else. `log` holds the reads since `forget()`, as tuples like ("line", 12)."""

    def __init__(self, records: Iterable[Frozen] = (), blobs: dict[str, bytes] | None = None) -> None:
        self.records: dict[str, dict[str | int, Frozen]] = {kind: {} for kind in KINDS.values()}
        self.blobs = blobs or {}
        self.log: set[tuple[object, ...]] = set()
        self._lists: dict[tuple[str, str | int], list[int]] | None = None
        self.put(epoch())
        self.put(*records)

    # writing

    def put(self, *records: Frozen) -> None:
        for record in records:
            self.records[KINDS[type(record)]][record.id] = record  # type: ignore[attr-defined]
        self._lists = None

    def drop(self, record: Frozen) -> None:
        del self.records[KINDS[type(record)]][record.id]  # type: ignore[attr-defined]
        self._lists = None

    # printing

    def blob(self, seal: str) -> bytes:
        return self.blobs[seal]

    def print(self, ref: PageRef) -> Output | None:
        self.log = set()
        return RENDERERS[ref.kind](self, ref, Press(blob=self.blob))

    def page(self, ref: PageRef) -> Output:
        """Like `print`, for pages that are there."""
        output = self.print(ref)
        assert output is not None, ref
        return output

    def refs(self) -> set[PageRef]:
        return {
            ref for kind, pages in pages_of.items() for record in self.records[kind].values() for ref in pages(record)
        }

    def print_all(self, but: tuple[str, ...] = ()) -> dict[str, Output]:
        printed = ((ref.path, self.print(ref)) for ref in sorted(self.refs()) if ref.kind not in but)
        return {path: output for path, output in printed if output is not None}

    # reading

    def _get(self, kind: str, id: str | int) -> Frozen | None:
        return self.records[kind].get(id)

    def _live(self, id: int) -> Story | None:
        return self._get("story", id)  # type: ignore[return-value]

    def site(self) -> Site:
        self.log.add(("site",))
        return self._get("site", 1) or Site()  # type: ignore[return-value]

    def epoch(self) -> Epoch:
        self.log.add(("epoch",))
        return self._get("epoch", "pages")  # type: ignore[return-value]

    def formats(self) -> str:
        self.log.add(("formats",))
        found = self._get("epoch", "pages")
        return found.formats if isinstance(found, Epoch) else ""

    def story(self, id: int) -> Story | None:
        self.log.add(("story", id))
        return self._live(id)

    def card(self, id: int) -> Card | None:
        self.log.add(("card", id))
        found = self._live(id)
        return card(found) if found else None

    def line(self, id: int) -> Line | None:
        self.log.add(("line", id))
        found = self._live(id)
        return line(found) if found else None

    def album(self, id: int) -> Album | None:
        self.log.add(("album", id))
        found = self._live(id)
        return album(found) if found else None

    def link(self, id: int) -> str | None:
        self.log.add(("link", id))
        found = self._live(id)
        return link(found) if found else None

    def errata(self, id: int) -> Errata | None:
        self.log.add(("errata", id))
        found = self._live(id)
        return errata(found) if found else None

    def standards(self) -> Standards | None:
        self.log.add(("standards",))
        return self._get("standards", 1)  # type: ignore[return-value]

    def entry(self, id: int) -> Entry | None:
        self.log.add(("entry", id))
        found = self._live(id)
        return entry(found) if found else None

    def stamp(self, id: int) -> Stamp | None:
        self.log.add(("stamp", id))
        found = self._live(id)
        return stamp(found) if found else None

    def tongue(self, id: int) -> Tongue | None:
        self.log.add(("tongue", id))
        found = self._live(id)
        return tongue(found) if found else None

    def section(self, id: int) -> Section | None:
        self.log.add(("section", id))
        return self._get("section", id)  # type: ignore[return-value]

    def crumb(self, id: int) -> Crumb | None:
        self.log.add(("crumb", id))
        found = self._get("section", id)
        return crumb(found) if found else None  # type: ignore[arg-type]

    def section_path(self, id: int) -> str | None:
        return self._where("section", id)

    def author_path(self, id: int) -> str | None:
        return self._where("author", id)

    def topic_path(self, id: int) -> str | None:
        return self._where("topic", id)

    def _where(self, kind: str, id: int) -> str | None:
        self.log.add((f"{kind}_path", id))
        found = self._get(kind, id)
        return found.path if found else None  # type: ignore[attr-defined]

    def author(self, id: int) -> Author | None:
        self.log.add(("author", id))
        return self._get("author", id)  # type: ignore[return-value]

    def signature(self, id: int) -> Signature | None:
        self.log.add(("signature", id))
        found = self._get("author", id)
        return signature(found) if found else None  # type: ignore[arg-type]

    def topic(self, id: int) -> Topic | None:
        self.log.add(("topic", id))
        return self._get("topic", id)  # type: ignore[return-value]

    def tag(self, id: int) -> Tag | None:
        self.log.add(("tag", id))
        found = self._get("topic", id)
        return tag(found) if found else None  # type: ignore[arg-type]

    def picture(self, id: int) -> Picture | None:
        self.log.add(("picture", id))
        return self._get("picture", id)  # type: ignore[return-value]

    def avif(self, id: int) -> str | None:
        self.log.add(("avif", id))
        found = self._get("avif", id)
        return found.of if isinstance(found, Avif) and found.made else None

    def avif_wanted(self, id: int) -> str | None:
        self.log.add(("avif_wanted", id))
        found = self._get("avif", id)
        return found.of if isinstance(found, Avif) else None

    def related(self, id: int) -> tuple[int, ...]:
        self.log.add(("related", id))
        found = self._get("related", id)
        return found.stories if isinstance(found, Related) else ()

    def ranking(self, name: str) -> tuple[int, ...]:
        self.log.add(("ranking", name))
        found = self._get("ranking", name)
        return found.stories if isinstance(found, Ranking) else ()

    def slots(self, section: int) -> Slots:
        self.log.add(("slots", section))
        found = self._get("slots", section)
        return found if isinstance(found, Slots) else Slots(id=section)

    def breaking(self) -> tuple[int, ...]:
        self.log.add(("breaking",))
        found = self._get("breaking", "site")
        return found.stories if isinstance(found, Breaking) else ()

    def hot(self, path: str) -> bool:
        self.log.add(("hot", path))
        return self._get("hot", path) is not None

    def window(self, name: str) -> Window | None:
        self.log.add(("window", name))
        return self._get("window", name)  # type: ignore[return-value]

    def _list(self, name: str, key: str | int) -> list[int]:
        if self._lists is None:
            found: dict[tuple[str, str | int], list[tuple[str, int]]] = {}
            for listing in LISTINGS.values():
                for kind, keys in listing.keys.items():
                    for record in self.records[kind].values():
                        for at in keys(record):
                            found.setdefault((listing.name, at), []).append((listing.order(record), record.id))  # type: ignore[attr-defined]
            self._lists = {at: [id for _, id in sorted(members, reverse=True)] for at, members in found.items()}
        return self._lists.get((name, key), [])

    def listing(self, name: str, key: str | int, limit: int) -> tuple[int, ...]:
        assert limit in LISTINGS[name].limits
        self.log.add(("listing", name, key, limit))
        return tuple(self._list(name, key)[:limit])

    def any(self, name: str, key: str | int) -> bool:
        self.log.add(("any", name, key))
        return bool(self._list(name, key))

    def keys(self, name: str) -> tuple[str, ...]:
        assert LISTINGS[name].enumerated
        self.log.add(("keys", name))
        self._list(name, "")
        return tuple(sorted(str(key) for listed, key in self._lists or () if listed == name))

    def once(self, what: str, make: Callable[[], T]) -> T:
        return make()


# --- a cast of copy -----------------------------------------------------------------------------------------------

SITE = Site(
    name="The Harbour Post",
    strapline="News from the coast and the world",
    zone="Africa/Lagos",
    origin="https://post.example",
    home=1,
    newsroom="0b0e7f6e-5a3c-4d6c-9f55-2f7f0d9a4c11",
    terms="Partners may print this with our name and a link.",
    about="The Harbour Post is a made-up newspaper. It stands on a coast that is on no map.",
    errors_to="errors@post.example",
    tips=Tips(whatsapp="+234 905 555 0199", email="seen@post.example", handle="@post, #PostEyewitness"),
    newsletter=Newsletter(address="https://lists.example/post?a=1&b=2", line="The day by mail, every evening"),
    standards=True,
)

STANDARDS = Standards(
    legal_name="Harbour Post Ltd",
    founded="1924",
    mission="News for those who live by the water.\n\nWe print:\n- what happened\n- why it matters",
    ownership="Three families hold a third each. See https://owners.example/post.",
    ethics="Nobody pays for news <b>here</b>.",
    corrections="Write to errors@post.example, and we answer within a day.",
    address="1 Quay Road\nPort Amaro",
    telephone="+234 1 555 0100",
    email="desk@post.example",
)

HOME = Section(id=1, path="/", name="The Harbour Post", position="")
NEWS = Section(
    id=2, path="/news/", name="News", parent=1, trail=(1,), position="1", standfirst="What happened, here and abroad."
)
WORLD = Section(id=3, path="/news/world/", name="World", parent=2, trail=(1, 2), position="1", former=("/world/",))
REGION = Section(id=4, path="/news/region/", name="Region", parent=2, trail=(1, 2), position="2")
BUSINESS = Section(id=5, path="/business/", name="Business", parent=1, trail=(1,), position="2")
SPORT = Section(id=6, path="/sport/", name="Sport", parent=1, trail=(1,), position="3")
CULTURE = Section(id=7, path="/culture/", name="Culture", parent=1, trail=(1,), position="4")
SCIENCE = Section(id=8, path="/science/", name="Science", parent=1, trail=(1,), position="5")
SECTIONS = (HOME, NEWS, WORLD, REGION, BUSINESS, SPORT, CULTURE, SCIENCE)


@cache
def drawing(number: int, width: int, height: int) -> bytes:
    """A picture drawn from its number: sky, sun, hills and water."""
    hue = number * 47 % 360
    image = Image.new("HSV", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line((0, y, width, y), fill=((hue + y * 40 // height) * 255 // 360 % 256, 90, 250 - y * 90 // height))
    x, radius = width * (2 + number % 5) // 8, height // 7
    draw.ellipse((x - radius, height // 4 - radius, x + radius, height // 4 + radius), fill=(28, 110, 255))
    for layer in range(4):
        base = height * (5 + layer) // 9
        points = [(0, height)]
        for step in range(13):
            rise = (number * 31 + step * 17 * (layer + 2)) % 90
            points.append((width * step // 12, base - rise * height // 700))
        draw.polygon(
            [*points, (width, height)], fill=((hue + 130) * 255 // 360 % 256, 90 + layer * 25, 170 - layer * 36)
        )
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def picture(number: int, width: int = 1600, height: int = 1067, **fields: object) -> tuple[Picture, bytes]:
    body = drawing(number, width, height)
    values: dict[str, object] = {
        "id": 1000 + number,
        "seal": sha256(body).hexdigest(),
        "width": width,
        "height": height,
        "alt": "Hills over the water in the evening light",
        "credit": ("Tidewater Agency", "Ada Obi")[number % 2],
        **fields,
    }
    return Picture(**values), body  # type: ignore[arg-type]


HEADLINES = (
    ("Estuary", "Ferry crews vote to keep the night crossing through the winter", "Crossing stays open"),
    ("River levels", "Engineers open the upper sluice as the river passes its spring mark", ""),
    ("Talks", "Neighbours agree to share fishing grounds after eleven years of argument", ""),
    ("Ports", "Old grain quay to become a market hall by next summer", ""),
    ("Cocoa", "Growers hold back their beans and wait for a better price", "Growers wait for a price"),
    ("Budget", "What the new harbour dues mean for small boats", ""),
    ("Football", "Harbour United find a goal, a point and a little hope in the rain", ""),
    ("Athletics", "The schoolteacher who runs to work and broke the coast record on the way", ""),
    ("Theatre", "A play about a lighthouse keeper fills the town hall for a ninth week", ""),
    ("Books", "The translators who bring the island poets to the mainland", ""),
    ("Astronomy", "A quiet hill, a small telescope and a comet nobody else had seen", ""),
    ("", "Power is back in the northern districts after a day and a half without", ""),
    ("In court", "Judge sends the dredging case back and asks both sides for maps", ""),
    ("Schools", "Two hundred pupils sit their examinations in a converted fish hall", ""),
    ("Weather", "Harmattan arrives early, and with it the yellow mornings", ""),
    ("Health", "Clinic ship leaves for the outer islands with vaccines and a dentist", ""),
)
PLACES = ((3, (3, 2, 1)), (4, (4, 2, 1)), (5, (5, 1)), (6, (6, 1)), (7, (7, 1)), (8, (8, 1)), (2, (2, 1)))

PARAGRAPHS = (
    "The crews met twice this week, once in the canteen and once, because the canteen was too small, on the car deck.",
    "“We counted hands, then we counted again,” said the officer in the chair. “Nobody wanted to be <em>wrong</em>.”",
    "The company had planned to end the last crossing at nine, which would have left traders on the wrong side.",
    'Those who still cross after dark have <a href="https://ferry.example/report">few other ways home</a>.',
    "For now the lights stay on at the landing stage, and the tea seller keeps her stove.",
)

ARABIC = Story(
    id=50,
    path="/news/world/2026/11/21/ittifaq/",
    kicker="بعد مفاوضات استمرت أحد عشر عامًا",
    headline="الدول المطلة على الخليج الصغير تتوصل إلى اتفاق تاريخي لتقاسم مناطق الصيد وتبادل بيانات الأرصاد الجوية "
    "وإنشاء مركز مشترك للإنقاذ البحري يبدأ عمله مع مطلع العام المقبل رغم تحفظات جمعيات الصيادين الصغار",
    standfirst="يقول المفاوضون إن الاتفاق يضع حدًّا لسنوات من النزاع، فيما يطالب الصيادون بضمانات قبل الموسم المقبل.",
    language="ar",
    direction="rtl",
    section=3,
    sections=(3, 2, 1),
    authors=(91,),
    credit="Tidewater",
    dateline="المرفأ",
    lead=Lead(picture=1003, caption="قوارب صيد في المرفأ القديم صباح السبت"),
    body=(
        Paragraph(html="توصلت الدول المطلة على الخليج الصغير مساء السبت إلى اتفاق لتقاسم مناطق الصيد."),
        Quote(html="لم نكن نعدّ الأسماك، كنا نعدّ السنوات.", attribution="كبير المفاوضين"),
        Heading(text="ما الذي يتغير؟"),
        ListBlock(items=("مناطق صيد مشتركة", "مركز إنقاذ بحري", "تبادل بيانات الطقس")),
        Paragraph(html="ومن المقرر أن يدخل الاتفاق حيز التنفيذ في مطلع العام المقبل."),
    ),
    published="2026-11-21T14:05:00Z",
    refreshed="2026-11-21T16:00:00Z",
    day="2026-11-21",
    sheet="2026-11-2",
    translations=(1,),
)

ADA = Author(
    id=90,
    path="/authors/ada-obi/",
    name="Ada Obi",
    role="Harbour correspondent",
    bio="Ada Obi has covered the port, its ships and the people who live by them since 2014.",
    picture=1030,
)
TIDEWATER = Author(
    id=91,
    path="/authors/tidewater/",
    name="Tidewater Agency",
    kind="desk",
    bio="Tidewater is a made-up agency that reports from both shores.",
)


FERRIES = Topic(
    id=70,
    path="/topics/ferries/",
    name="Ferries",
    former=("/topics/boats/",),
    description="The boats between the two shores.",
)
WORK = Topic(id=71, path="/topics/work/", name="Work")
QUIET = Topic(id=72, path="/topics/quiet/", name="Quiet", former=("/topics/hush/",))
TOPICS = (FERRIES, WORK, QUIET)


def make_story(number: int, **fields: object) -> Story:
    kicker, headline, short = HEADLINES[number % len(HEADLINES)]
    section, sections = PLACES[number % len(PLACES)]
    path = next(it.path for it in SECTIONS if it.id == section)
    day, hour = 22 - number // 6, 20 - number % 6 * 3
    values: dict[str, object] = {
        "id": number,
        "path": f"{path}2026/11/{day:02}/story-{number}/",
        "kicker": kicker,
        "headline": headline,
        "short_headline": short,
        "standfirst": "The vote was close, the reasons were many, and the last boat still leaves at half past eleven.",
        "authors": ((90,), (91,), (90, 91))[number % 3],
        "credit": "" if number % 3 == 0 else "Tidewater",
        "dateline": "Port Amity" if number % 2 else "",
        "section": section,
        "sections": sections,
        "lead": Lead(picture=1000 + number % 12, caption="The landing stage at dusk, seen from the water")
        if number % 5 != 4
        else None,
        "body": tuple(Paragraph(html=html) for html in PARAGRAPHS),
        "published": f"2026-11-{day:02}T{hour:02}:30:00Z",
        "refreshed": f"2026-11-{day:02}T{hour:02}:30:00Z",
        "day": f"2026-11-{day:02}",
        "sheet": "2026-11" if number % 2 else "2026-11-2",
    }
    if hour == 23:
        values["day"] = f"2026-11-{day + 1:02}"
    return Story(**{**values, **fields})  # type: ignore[arg-type]


FULL = make_story(
    1,
    refreshed="2026-11-22T18:10:00Z",
    former=("/news/region/2026/11/22/an-older-address/",),
    topics=(70, 71),
    translations=(50, 999),
    origins=(Origin(provider="Tidewater", identifier="urn:newsml:tidewater.example:20261122:1"),),
    corrections=(
        Correction(
            kind="correction",
            text="An earlier version gave the wrong hour for the last crossing.",
            at="2026-11-22T18:10:00Z",
        ),
        Correction(kind="update", text="This article now carries the company’s statement.", at="2026-11-22T18:00:00Z"),
    ),
    body=(
        *(Paragraph(html=html) for html in PARAGRAPHS[:2]),
        Quote(html="The last boat is not a luxury. It is how the town gets home.", attribution="Nneka Bello, trader"),
        Heading(text="A timetable with holes in it"),
        Paragraph(html='It is not the first such vote: <a href="story:8">an earlier one</a> was lost.'),
        PictureBlock(picture=1005, caption="The engine room of the older of the two boats"),
        Gallery(
            title="A night on the water",
            pictures=(
                GalleryPicture(picture=1006, caption="The last cars come aboard"),
                GalleryPicture(picture=1007),
                GalleryPicture(picture=1008, caption="Tea at the landing stage"),
            ),
        ),
        *(Paragraph(html=html) for html in PARAGRAPHS[2:]),
        ListBlock(items=("Last crossing: 23:30", "First crossing: 05:10", "Fare: <b>unchanged</b>")),
        FactBox(
            title="The crossing in brief",
            html="<p>Two boats, both built before 1990.</p><ul><li>22 minutes</li><li>310 passengers</li></ul>",
        ),
        LinkCard(story=7, text="From the archive of this week."),
        LinkCard(title="The harbour office’s timetable", url="https://harbour.example/timetable?a=1&b=2"),
        Paragraph(html="A second vote is due in March."),
    ),
    gallery=True,
)


def newsroom(count: int = 40) -> Newsroom:
    """Sections, authors, pictures and `count` stories over a week, one of them Arabic, one with everything in it."""
    pictures = [picture(number) for number in range(12)]
    pictures.append(picture(30, 600, 600, alt="Portrait of Ada Obi"))
    room = Newsroom(
        (SITE, STANDARDS, *SECTIONS, *TOPICS, ADA, TIDEWATER, *(it for it, _ in pictures)),
        {it.seal: body for it, body in pictures},
    )
    room.put(*(make_story(number) for number in range(count) if number != 1), FULL, ARABIC)
    room.put(
        Related(id=1, stories=(8, 15, 22, 1, 29, 50, 3, 999, 10, 17, 24, 31, 38)),
        Ranking(id="top", stories=(12, 1, 5, 9, 50)),
        Slots(id=1, stories=((1, 7),)),
        Hot(id=FULL.path),
        Hot(id=ARABIC.path),
        Window(id="news", since="2026-11-20T21:00:00Z"),
    )
    return room


def parsed(output: Output) -> Any:
    """The tree of a page."""
    return html.document_fromstring(output.body.decode())


def ref_of(record: Frozen, kind: str) -> PageRef:
    """The first page of `kind` that `record` brings into being."""
    return next(ref for ref in pages_of[KINDS[type(record)]](record) if ref.kind == kind)
