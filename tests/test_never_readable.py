"""Promise 2: nothing unpublished is ever readable; and what is published is copy, never code.

Words that no reader may see (canaries) go into every field that is not public, hostile text into every field that is,
each through the newsroom's own doors. Then every byte that readers can get is looked at.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from lxml import etree
from PIL import Image

from standfirst.changes.models import Change
from standfirst.kit import clock
from standfirst.pages.pictures import renditions
from standfirst.people import actions as people
from standfirst.pictures.models import Picture
from standfirst.press import wiring
from standfirst.stories import actions as stories
from standfirst.stories.models import Author, SiteFacts, Story, Topic
from standfirst.wire import actions as wire
from standfirst.wire import sealing
from standfirst.wire.models import Delivery, Feed, Item
from tests.newsroom import Newsroom
from tests.running import parsed

pytestmark = pytest.mark.django_db(databases=["default", "press"])

HOSTILE = (
    "Harmless</script><script>alert(1)</script>\"><img src=x onerror=1>' onmouseover='1 {{713*811}}{% raw %}${713*811} "
    '<a href="javascript:alert(2)">x</a><svg onload=1><style>*{display:none}</style><!-- ]]> &lt;script&gt; '
    "\u202egnitrevni\u202c\u2066x\u2069\u2028\x0b\x1f\ufffe"
)
IN_XML = re.sub("[\x0b\x1f\ufffe]", "", HOSTILE)
RICH = (
    "<p onclick='alert(3)'>Harmless <script>alert(4)</script><a href='javascript:alert(5)' onfocus='1'>a</a>"
    "<a href=' jAvA&#9;script:alert(6)'>b</a><a href='data:text/html,<script>1</script>'>c</a>"
    "<a href='vbscript:x'>d</a><img src=x onerror=alert(7)><iframe src='//evil.example/'></iframe>"
    "<form action='https://evil.example/'><input autofocus onfocus=1></form><svg><script>alert(8)</script></svg>"
    "<math><mtext></p><style><img src=x onerror=9></style></mtext></math>{{713*811}}</p>"
)
ADDRESSES = {"", "http", "https", "mailto", "tel"}


class Canaries:
    """Words that must stay in the newsroom. Each has its own number, so that a leak names its field."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def __call__(self, field: str) -> str:
        word = f"kanari{len(self.planted):03}vogel"
        self.planted[word] = field
        return word

    def found_in(self, data: bytes) -> list[str]:
        low = data.lower()
        return [field for word, field in self.planted.items() if word.encode() in low]


def everything(newsroom: Newsroom) -> Iterator[tuple[str, bytes]]:
    """Every file under the output folder, dot-files and all, twins unpacked."""
    root = newsroom.home / "output"
    for file in sorted(root.rglob("*")):
        if file.is_file():
            unpack = {".gz": gzip.decompress, ".br": brotli.decompress}.get(file.suffix, bytes)
            yield file.relative_to(root).as_posix(), unpack(file.read_bytes())


def g2(
    item_id: str,
    headline: str,
    body: str,
    *,
    version: int = 1,
    status: str = "usable",
    embargo: str = "",
    more: str = "",
) -> bytes:
    held = f"<embargoed>{embargo}</embargoed>" if embargo else ""
    content = (
        '<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"{body}</body></html></inlineXML></contentSet>"
    )
    return (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" standard="NewsML-G2" standardversion="2.35"'
        f' guid="urn:newsml:cpa.example:{item_id}" version="{version}" xml:lang="en"><itemMeta>'
        '<itemClass qcode="ninat:text"/><provider literal="CPA"/><versionCreated>2026-11-22T08:00:00Z</versionCreated>'
        f'{held}<pubStatus qcode="stat:{status}"/>{more}</itemMeta><contentMeta><urgency>3</urgency>'
        f"<headline>{escape(headline)}</headline><creditline>CPA</creditline></contentMeta>{content}</newsItem>"
    ).encode()


def ninjs(item_id: str, headline: str, body: str, **more: Any) -> bytes:
    return json.dumps(
        {
            "standard": {"name": "ninjs", "version": "3.1"},
            "uri": f"urn:newsml:cpa.example:{item_id}",
            "type": "text",
            "version": "1",
            "versionCreated": "2026-11-22T08:00:00Z",
            "pubStatus": "usable",
            "headlines": [{"value": headline}],
            "bodies": [{"contentType": "text/html", "value": body}],
            **more,
        }
    ).encode()


def rss(*items: tuple[str, str, str]) -> bytes:
    written = "".join(
        f'<item><title>{escape(title)}</title><guid isPermaLink="false">{guid}</guid>'
        "<pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate>"
        f"<description>{escape(text)}</description></item>"
        for guid, title, text in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>CPA</title>{written}</channel></rss>'.encode()


def feed(newsroom: Newsroom, name: str, mode: str = Feed.Mode.PUBLISH) -> Feed:
    return Feed.objects.create(name=name, title=f"The {name} service", mode=mode, section=newsroom.world, credit="CPA")


def photograph(canary: str) -> bytes:
    """A picture whose own metadata says more than readers should know."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = exif[0x9286] = canary
    data = io.BytesIO()
    Image.new("RGB", (700, 400), "teal").save(data, "JPEG", exif=exif, comment=canary.encode())
    return data.getvalue()


def test_nothing_that_is_not_public_is_in_any_byte_that_readers_can_get(newsroom: Newsroom) -> None:
    private = Canaries()
    colleague = people.hire(
        username=private("user name"),
        name=private("a colleague's name"),
        roles=["Editor", "Publisher"],
        password="correct horse",
        email=f"{private('e-mail')}@post.example",
    )
    newsroom.editor = colleague
    facts = SiteFacts.current()
    facts.alerts_to = f"{private('alerts to')}@post.example"
    facts.save()

    shown = newsroom.picture("teal")
    Picture.objects.filter(pk=shown.pk).delete()
    from standfirst.pictures import actions as pictures

    shown = pictures.add(
        data=photograph(private("picture's metadata")),
        file_name=f"{private('picture file name')}.jpg",
        title=private("picture title"),
        alt="A teal field",
        credit="Ama Owusu",
    )
    shown.holder, shown.licence = private("rights holder"), private("licence")
    shown.territory, shown.terms = private("territory"), private("usage terms")
    shown.save()
    unused = newsroom.picture("navy", caption=private("unused caption"), credit=private("unused credit"))
    over = newsroom.picture("red", caption=private("caption after rights"), credit=private("credit after rights"))
    over.expires_at = clock.now() - timedelta(minutes=1)
    over.save()

    live = newsroom.story(
        "A public story",
        authors=[newsroom.author],
        lead_picture=shown,
        slugline=private("slugline"),
        desk_note=private("desk note"),
        body=[("paragraph", "<p>Public.</p>"), ("picture", {"picture": over, "caption": "A caption of ours"})],
    )
    stories.correct(story=live, kind="correction", text="We were wrong.", by=colleague)
    draft = Story.objects.get(pk=live.pk)
    draft.title, draft.standfirst = private("headline in draft"), private("standfirst in draft")
    draft.body = [("paragraph", f"<p>{private('body in draft')}</p>")]
    draft.save_revision(user=colleague)
    newsroom.story(private("unpublished headline"), live=False, standfirst=private("unpublished standfirst"))
    scheduled = newsroom.story(private("scheduled headline"), live=False)
    scheduled.go_live_at = clock.now() + timedelta(hours=3)
    scheduled.save_revision(user=colleague).publish(user=colleague)
    off = newsroom.story(f"Off the site {private('unpublished after all')}")
    stories.unpublish(story=off, by=colleague)

    killed = newsroom.story(
        private("killed headline"),
        standfirst=private("killed standfirst"),
        body=[("paragraph", f"<p>{private('killed body')}</p>")],
    )
    newsroom.at_rest()  # they were readable, and no trace of that may stay
    stories.take_down(story=killed, kind="kill", reason=private("reason of a kill"), wording="Gone.", by=colleague)
    withheld = newsroom.story(private("withheld headline"), body=[("paragraph", f"<p>{private('withheld body')}</p>")])
    stories.take_down(story=withheld, kind="withhold", reason=private("reason of a withholding"), by=colleague)
    undone = newsroom.story("Withheld for a day")
    takedown = stories.take_down(
        story=undone, kind="withhold", reason=private("an undone reason"), by=newsroom.publisher
    )
    stories.restore(takedown=takedown, because=private("because"), by=colleague)
    stories.publish(story=Story.objects.get(pk=undone.pk), by=colleague)
    lifted = newsroom.story("Under embargo once", live=False)
    fact = stories.embargo(
        story=lifted, until=clock.now() + timedelta(hours=1), source=private("embargo source"), by=colleague
    )
    stories.lift_embargo(fact=fact, by=colleague)
    stories.publish(story=Story.objects.get(pk=lifted.pk), by=colleague)
    embargoed = newsroom.story(private("embargoed headline"), live=False)
    stories.embargo(story=embargoed, until=clock.now() + timedelta(hours=1), by=colleague)

    live_feed = feed(newsroom, "live")
    for data in (
        g2(
            "g2",
            "From the wire by G2",
            "<p>Public copy.</p>",
            more=f"<edNote>{private('G2 edNote')}</edNote><signal qcode='cpasig:{private('G2 signal')}'/>"
            f"<fileName>{private('G2 file name')}</fileName>",
        ).replace(
            b"</urgency>",
            f"</urgency><slugline>{private('G2 slugline')}</slugline>".encode(),
        ),
        ninjs(
            "ninjs",
            "From the wire by ninjs",
            "<p>Public copy.</p>",
            edNote=private("ninjs edNote"),
            slugline=private("ninjs slugline"),
            usageTerms=private("ninjs usage terms"),
            profile=private("ninjs profile"),
            associations=[{"name": "x", "type": "picture", "uri": "urn:x:1", "usageTerms": private("terms of a part")}],
        ),
        rss(("rss", "From the wire by RSS", "Public copy.")).replace(
            b"<channel>", f"<channel><managingEditor>{private('RSS editor')}@cpa.example</managingEditor>".encode()
        ),
    ):
        taken = wire.take_in(feed=live_feed, data=data, file_name=f"{private('wire file name')}.xml")
        assert taken.outcomes == {"published": 1}, (taken.reason, taken.outcomes, Item.objects.values("held_because"))
    desk_feed = feed(newsroom, "desk", Feed.Mode.DESK)
    wire.take_in(feed=desk_feed, data=g2("waits", private("waiting headline"), f"<p>{private('waiting body')}</p>"))
    wire.take_in(
        feed=desk_feed,
        data=g2("taken", "Taken by hand", "<p>Public.</p>", more=f"<edNote>{private('note of a taken item')}</edNote>"),
    )
    taken_item = Item.objects.get(item_id__endswith=":taken")
    story = wire.take(item=taken_item, by=newsroom.wire_editor, section=newsroom.world)
    assert "note" in story.desk_note.lower()
    stories.publish(story=story, by=newsroom.editor)
    newsroom.at_rest()
    newsroom.prove()

    output = dict(everything(newsroom))
    texts = b"\n".join(output.values())
    for said in (b"A public story", b"From the wire by G2", b"by ninjs", b"by RSS", b"Taken by hand", b"A teal field"):
        assert said in texts, said
    assert [name for name in output if name.startswith("pages/pictures/")]
    for name, data in output.items():
        assert private.found_in(data) == [], name
    # A killed story's address stays, and says so; nobody else's headline is in the name of a file.
    for name in output:
        if not name.startswith("gone/"):
            assert private.found_in(name.encode()) == [], name
    for picture in (unused, over):
        record = wiring.compose("picture", str(picture.pk))
        for copy in renditions(record):
            assert f"pages{copy.path}" not in output


@pytest.mark.one_database("Templates decide; that odd text is kept as it came is tried by the other tests here.")
def test_hostile_text_in_every_public_field_stays_text(newsroom: Newsroom) -> None:
    facts = SiteFacts.current()
    facts.name, facts.strapline, facts.about = HOSTILE[:120], HOSTILE[:200], HOSTILE
    facts.save()
    newsroom.world.refresh_from_db()
    newsroom.world.title, newsroom.world.standfirst = HOSTILE[:250], HOSTILE[:300]
    newsroom.world.save()
    picture = newsroom.picture("teal", caption=HOSTILE, credit=HOSTILE[:200])
    picture.alt = HOSTILE
    picture.save()
    author = Author.objects.create(name=HOSTILE[:160], slug="hostile", role=HOSTILE[:160], bio=HOSTILE, picture=picture)
    topic = Topic.objects.create(name=HOSTILE[:80], slug="hostile")
    fields: dict[str, Any] = {
        "kicker": HOSTILE[:80],
        "short_headline": HOSTILE[:120],
        "standfirst": HOSTILE,
        "lead_picture": picture,
        "lead_caption": HOSTILE,
        "credit": HOSTILE[:120],
        "dateline": HOSTILE[:120],
        "authors": [author],
        "topics": [topic],
        "further_sections": [newsroom.sport],
        "body": [
            ("paragraph", RICH),
            ("heading", HOSTILE[:160]),
            ("quote", {"text": RICH, "attribution": HOSTILE[:200]}),
            ("picture", {"picture": picture, "caption": HOSTILE}),
            ("gallery", {"title": HOSTILE[:120], "pictures": [{"picture": picture, "caption": HOSTILE}] * 2}),
            ("list", {"items": [RICH], "ordered": False}),
            ("facts", {"title": HOSTILE[:120], "text": RICH}),
            ("card", {"story": None, "url": "javascript:alert(10)", "title": HOSTILE[:200], "text": HOSTILE}),
        ],
    }
    hostile = newsroom.story(HOSTILE[:250], **fields)
    newsroom.story("Signed by hand", byline=HOSTILE[:300], **{**fields, "authors": []})
    for kind in ("correction", "clarification", "update"):
        stories.correct(story=hostile, kind=kind, text=HOSTILE, by=newsroom.editor)
    down = newsroom.story(f"Down {HOSTILE}"[:250])
    stories.take_down(story=down, kind="kill", reason="x", wording=HOSTILE, names=True, by=newsroom.publisher)
    live_feed = feed(newsroom, "live")
    wired = (
        g2("g2", IN_XML, f"<p>{escape(IN_XML)}</p>"),
        ninjs("ninjs", f"{HOSTILE}\x00", f"{RICH}\x00", by=HOSTILE, located=HOSTILE, language='en" onload="1'),
        rss(("rss", IN_XML, RICH)),
    )
    for data in wired:
        taken = wire.take_in(feed=live_feed, data=data, file_name="hostile.xml")
        assert taken.outcomes == {"published": 1}, (taken.reason, taken.outcomes, Item.objects.values("held_because"))
    newsroom.at_rest()
    newsroom.prove()

    pages = 0
    for name, data in everything(newsroom):
        if name.endswith((".html", ".html.gz", ".html.br")):
            pages += 1
            harmless(name, data)
        elif name.endswith((".xml", ".xml.gz", ".xml.br")):
            for element in etree.fromstring(data).iter():
                assert etree.QName(element).localname not in {"script", "img", "iframe"}, name
        if not name.endswith((".jpg", ".webp", ".avif", ".woff2")):
            assert b"x578243x" not in data
            assert b"${578243}" not in data and b"\x00" not in data, name
            assert not re.search("[\u202a\u202b\u202d\u202e]", data.decode()), name
    assert pages > 20
    signed = Story.objects.get(title="Signed by hand").get_url_parts()[2]
    read = dict(everything(newsroom))[f"pages{signed}index.html"]
    assert b"{{713*811}}" in read
    assert b"578243" not in read


def harmless(name: str, data: bytes) -> None:
    """No code in a page but data and our own module, no address that runs, nothing asked of another host."""
    page = parsed(data)
    for script in page.xpath("//script"):
        if script.get("type") == "module":
            assert set(script.attrib) == {"type", "src"} and not script.text, name
            assert re.fullmatch(r"/assets/[\w-]+\.[0-9a-f]{10}\.js", script.get("src")), name
        else:
            assert dict(script.attrib) == {"type": "application/ld+json"}, name
            json.loads(script.text)
    assert len(page.xpath("//script[@type='application/ld+json']")) <= 3, name
    assert set(page.xpath("//form/@action")) <= {"/search"}, name
    for tag in ("style", "iframe", "object", "embed", "math", "base"):
        assert not page.xpath(f"//{tag}"), (name, tag)
    # The one drawing of ours: the sign of the search.
    for drawing in page.xpath("//svg"):
        assert drawing.getparent().get("class") == "masthead-find", name
        assert [(it.tag, set(it.attrib)) for it in drawing] == [("path", {"d"})], name
    for element in page.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on") and attribute not in {"style", "srcdoc", "autofocus"}, (
                name,
                attribute,
            )
            if attribute in {"href", "src", "action", "formaction", "data", "poster", "xlink:href"}:
                scheme = urlsplit(re.sub(r"[\x00-\x20]", "", value)).scheme
                assert scheme in ADDRESSES, (name, value)
    assert not page.xpath("//img[@src='x']"), name
    assert all(
        not urlsplit(source).netloc
        for source in page.xpath("//img/@src | //source/@src | //link[@rel='stylesheet']/@href")
    ), name


def test_an_embargoed_item_is_in_no_file_until_its_time_and_then_everywhere(newsroom: Newsroom) -> None:
    words = Canaries()
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    data = g2(
        "embargoed",
        f"Budget is agreed {words('headline')}",
        f"<p>All agreed, {words('body')}.</p>",
        embargo=until.isoformat(),
    )
    newsroom.story("Another story of today")
    taken = wire.take_in(feed=feed(newsroom, "live"), data=data, file_name="embargoed.xml")
    assert taken.outcomes == {"scheduled": 1}
    for moment in (timedelta(0), timedelta(hours=1, minutes=59)):
        clock.set_offset(moment)
        newsroom.at_rest()
        newsroom.worker.sweep()
        for name, content in everything(newsroom):
            assert words.found_in(content) == [] and words.found_in(name.encode()) == [], name
    story = Story.objects.get(title__startswith="Budget")
    # No button brings it out before: with its schedule it stays scheduled, without one it is refused.
    assert not stories.publish(story=story, by=newsroom.editor).live
    unscheduled = story.get_latest_revision_as_object()
    unscheduled.go_live_at = None
    with pytest.raises(ValidationError, match="embargoed"), transaction.atomic():
        unscheduled.save_revision(user=newsroom.editor).publish(user=newsroom.editor)
    newsroom.at_rest()
    assert not any(words.found_in(content) for _, content in everything(newsroom))
    clock.set_offset(timedelta(hours=2, seconds=1))
    newsroom.at_rest()
    newsroom.prove()
    found = {name for name, content in everything(newsroom) if words.found_in(content)}
    story.refresh_from_db()
    address = f"pages{story.get_url_parts()[2]}index.html"
    day = re.findall(r"/(\d{4}/\d\d/\d\d)/", address)[0]
    assert {
        address,
        "pages/index.html",
        "pages/news/world/index.html",
        "pages/news/world/feed.xml",
        f"pages/{day}/index.html",
    } <= found


def test_a_file_that_cannot_be_read_is_kept_told_and_stops_nobody(newsroom: Newsroom) -> None:
    live = feed(newsroom, "live")
    broken = b"<?xml version='1.0'?><newsItem xmlns='http://iptc.org/std/nar/2006-10-01/'><itemMeta>"
    batch = {
        "first.xml": g2("first", "Ferry sails", "<p>It sails.</p>"),
        "broken.xml": broken,
        "picture.jpg": photograph("x"),
        "empty.json": b"",
        "last.json": ninjs("last", "Market opens", "<p>It opens.</p>"),
    }
    deliveries = {name: wire.take_in(feed=live, data=data, file_name=name) for name, data in batch.items()}
    assert {name: delivery.state for name, delivery in deliveries.items()} == {
        "first.xml": "read",
        "broken.xml": "unreadable",
        "picture.jpg": "unreadable",
        "empty.json": "unreadable",
        "last.json": "read",
    }
    for name, delivery in deliveries.items():
        assert sealing.read(wire.received(), delivery.seal) == batch[name]
    newsroom.at_rest()
    texts = newsroom.everything()
    assert b"Ferry sails" in texts and b"Market opens" in texts

    desk = Client()
    desk.force_login(newsroom.wire_editor)
    for show in ("unread", "waiting", "all"):
        screen = parsed(desk.get("/newsroom/wire/", {"show": show}, headers={"host": "localhost"}).content)
        said = " ".join(screen.text_content().split())
        for delivery in Delivery.objects.troubled():
            assert delivery.file_name in said, show
            assert delivery.reason.strip() and " ".join(delivery.reason.split()) in said
    assert Delivery.objects.troubled().count() == 3
    assert not Change.objects.filter(closed_at=None).exists()
