"""Story families: what gathers in one thread, what does not, and what people decide."""

# ruff: noqa: E501 (lines of copy)

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from standfirst.changes.actions import Machine
from standfirst.changes.models import AuditEntry
from standfirst.kit import clock
from standfirst.kit.errors import Refused
from standfirst.people.models import User
from standfirst.wire import families
from standfirst.wire.item import Directive, Link
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Clue, Feed, Item, Thread
from standfirst.wire.tests.agency import Desk, g2

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Room:
    """Two agencies whose items are placed as intake does it."""

    def __init__(self) -> None:
        self.feeds = {
            name: Feed.objects.create(name=name.lower(), title=name, provider=name) for name in ("CPA", "Norda")
        }

    def place(self, item_id: str, *, provider: str = "CPA", hours: float = 0, **fields: Any) -> Item:
        made = fields.pop("version_created", NOON + timedelta(hours=hours))
        canonical = CanonicalItem(provider=provider, item_id=item_id, version_created=made, **fields)
        item, _ = Item.objects.get_or_create(
            provider=provider,
            item_id=item_id,
            defaults={
                "feed": self.feeds[provider],
                "type": canonical.type,
                "headline": canonical.headline,
                "first_seen": made,
                "changed_at": made,
            },
        )
        families.place(item, canonical)
        item.save()
        return item


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    clock.set_offset(NOON + timedelta(days=100) - datetime.now(UTC))
    yield Room()
    clock.set_offset(timedelta(0))


BRIDGE = (
    (
        "The rope bridge over the Sennet gave way on Sunday morning while a wedding party was crossing, and rescue teams"
        " from Callen searched the river with boats for 12 people."
    ),
    (
        "The bridge, built in 1931 and repaired after the floods of 2019, carried about 400 people a day between the old"
        " town and the market on the eastern bank, according to the district engineer Marta Lindqvist."
    ),
    (
        "Two guests were treated for cuts in the hospital of Tarrava, its director Ebo Mensah said, and a musician was flown"
        " to Callen with a broken leg."
    ),
    (
        "The district had closed the bridge to motorcycles in October after an inspection found two of its main ropes worn."
        " Councillors put off the repairs because of their cost of 240,000 crowns."
    ),
)
FERRY = (
    "Operators of the Callen ferry stopped work on Sunday over unpaid wages, leaving 900 commuters on the quay.",
    (
        "The union of Yusuf Bello wants a rise of 8 percent and safer boats, and says that talks with the harbour board"
        " broke down on Friday night. The board offered 3 percent and a committee on safety, spokeswoman Ada Okoro said."
    ),
    "Buses ran instead, but the road by Northfield is closed after a landslide and the trip took more than two hours.",
)


def thread_of(item: Item) -> Thread:
    """The thread of `item` as it is now."""
    return Thread.objects.get(items=item.pk)


def html(*paragraphs: str) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def prices(day: str, *figures: float) -> str:
    """A market report by a template."""
    a, b, c, d, e, f = figures
    return html(
        f"Shares on the Tarrava exchange closed higher on {day} as investors waited for the central bank's decision.",
        f"The Harbour 40 index ended the session at {a} points, up {b} percent, and the All Share index stood at {c}.",
        f"Calder Steel gained {d} percent and Marl Energy lost {e} percent after analysts cut their target price.",
        f"The crown traded at {f} to the dollar late in the day. Trading begins at nine and ends at half past four.",
    )


def test_updates_under_new_ids_gather_by_links_in_any_order(room: Room) -> None:
    late = room.place("b", links=(Link(rel="irel:derivedFrom", target="a"),), headline="Bridge: two hurt")
    first = room.place("a", headline="Bridge gives way")
    third = room.place("c", hours=1, links=(Link(rel="evolvedFrom", target="a"),), headline="Bridge: three hurt")
    assert late.thread_id == first.thread_id == third.thread_id
    thread = thread_of(first)
    assert (thread.count, thread.headline) == (3, "Bridge: three hurt")
    assert room.place("d", links=(Link(rel="irel:seeAlso", target="a"),)).thread_id != first.thread_id


def test_a_dossier_gathers_for_two_days_and_a_link_however_long(room: Room) -> None:
    one = room.place("a", links=(Link(rel="AssociatedWith", target="urn:newsml:cpa.example:20261122:dossier"),))
    two = room.place("b", links=(Link(rel="AssociatedWith", target="urn:newsml:cpa.example:20261122:dossier:2N"),))
    assert one.thread_id == two.thread_id
    assert room.place("n", hours=72, links=(Link(rel="AssociatedWith", target="a"),)).thread_id != one.thread_id
    assert room.place("c", hours=24 * 60, links=(Link(rel="evolvedFrom", target="a"),)).thread_id == one.thread_id


def test_a_directive_that_names_an_item_exactly_belongs_to_its_story(room: Room) -> None:
    story = room.place("a", headline="Bridge gives way")
    kill = Directive(status="canceled", target="a", exact=True)
    assert room.place("k1", directives=(kill,), headline="KILL").thread_id == story.thread_id
    guess = Directive(status="canceled", target="a", exact=False)
    assert room.place("k2", directives=(guess,), headline="KILL a").thread_id != story.thread_id


def test_two_agencies_versions_of_one_story_gather_within_two_days(room: Room) -> None:
    ours = room.place("a", body_html=html("TARRAVA (CPA) - " + BRIDGE[0], *BRIDGE[1:], "(CPA)"))
    theirs = room.place(
        "x", provider="Norda", hours=5, body_html=html("A bridge of ropes broke under a wedding.", *BRIDGE[1:])
    )
    assert theirs.thread_id == ours.thread_id
    assert room.place("f", hours=1, body_html=html(*FERRY)).thread_id != ours.thread_id
    much_later = room.place("y", provider="Norda", hours=60, body_html=html(*BRIDGE))
    assert much_later.thread_id != ours.thread_id


def test_reports_by_one_template_stay_apart_under_one_slug(room: Room) -> None:
    monday = room.place(
        "m", slugline="MARKETS-TARRAVA", body_html=prices("Monday", 9120.4, 1.2, 33150.1, 4.1, 2.2, 3.71)
    )
    update = room.place(
        "n", hours=0.5, slugline="MARKETS-TARRAVA", body_html=prices("Monday", 9120.4, 1.2, 33150.1, 4.1, 2.6, 3.71)
    )
    tuesday = room.place(
        "t", hours=24, slugline="MARKETS-TARRAVA", body_html=prices("Tuesday", 9310.9, 2.1, 33990.7, 1.3, 5.4, 3.65)
    )
    assert update.thread_id == monday.thread_id
    assert tuesday.thread_id != monday.thread_id


def test_a_story_key_counts_for_its_agency_and_for_a_day(room: Room) -> None:
    first = room.place("a", slugline="TARRAVA-BRIDGE", headline="Bridge gives way", body_html=html(*BRIDGE))
    rewritten = html(
        "Divers found the last missing guest of the wedding in Tarrava alive on Monday, clinging to a rope of the broken"
        " bridge below Callen.",
        "Ebo Mensah, director of the hospital of Tarrava, said that the man was cold and hungry but would be home soon."
        " The district engineer Marta Lindqvist resigned in the evening, and a court will hear witnesses next week.",
    )
    assert room.place("b", hours=14, slugline="Tarrava-Bridge", body_html=rewritten).thread_id == first.thread_id
    assert room.place("c", hours=1, slugline="TARRAVA-BRIDGE", body_html=html(*FERRY)).thread_id != first.thread_id
    assert (
        room.place("d", hours=15, slugline="TARRAVA-BRIDGE", headline="Bridge: last guest found").thread_id
        == first.thread_id
    )
    alert = room.place("g", hours=2, slugline="TARRAVA-BRIDGE", headline="Ferry pay talks fail")
    assert alert.thread_id != first.thread_id
    other = room.place("e", provider="Norda", slugline="TARRAVA-BRIDGE", headline="Bridge breaks")
    assert other.thread_id != first.thread_id
    later = room.place("f", hours=72, slugline="TARRAVA-BRIDGE", headline="Bridge to be rebuilt")
    assert later.thread_id != first.thread_id


def test_one_bare_word_is_no_story_key_unless_takes_share_it(room: Room) -> None:
    weather = room.place("a", slugline="weather", headline="Rain in the north")
    assert room.place("b", slugline="weather", headline="Heat in the south").thread_id != weather.thread_id
    one = room.place("c", slugline="budget", body_html=html(*FERRY), take=1)
    assert room.place("d", hours=1, slugline="budget", body_html=html(*BRIDGE), take=2).thread_id == one.thread_id


@pytest.mark.parametrize(
    "text",
    [
        ("انهار جسر الحبال فوق نهر سينيت صباح الأحد بينما كان موكب زفاف يعبره، وبحثت فرق الإنقاذ القادمة من كالين في النهر"
        " عن اثني عشر شخصا. وقالت مهندسة المنطقة مارتا ليندكفيست إن الجسر الذي بني عام ١٩٣١ كان يحمل نحو أربعمئة شخص في"
        " اليوم بين البلدة القديمة والسوق على الضفة الشرقية. وكانت البلدية قد أغلقت الجسر أمام الدراجات النارية في أكتوبر"
        " بعد أن وجد المفتشون اثنين من حباله الرئيسية مهترئين."),
        ("周日上午，一支婚礼队伍正在通过塞内特河上的绳桥时，绳桥突然断裂。来自卡伦的救援队乘船在河中搜寻十二名失踪者。地区工程师"
        "玛尔塔说，这座桥建于一九三一年，每天约有四百人通过。十月检查发现两根主绳磨损后，当局已禁止摩托车通行，但因费用过高推迟了维修。"),
    ],
)  # fmt: skip
def test_every_script_has_words(room: Room, text: str) -> None:
    one = room.place("a", body_html=f"<p>{text}</p>")
    again = f"<p>{text}</p><p>{text[: len(text) // 5][::-1]}</p>"
    assert room.place("b", provider="Norda", hours=2, body_html=again).thread_id == one.thread_id


def test_the_same_version_again_changes_nothing(room: Room) -> None:
    fields: dict[str, Any] = {"slugline": "TARRAVA-BRIDGE", "headline": "Bridge gives way", "body_html": html(*BRIDGE)}
    item = room.place("a", **fields)
    before = (Clue.objects.count(), Thread.objects.values_list().get())
    assert room.place("a", **fields).thread_id == item.thread_id
    assert (Clue.objects.count(), Thread.objects.values_list().get()) == before


def test_a_link_makes_one_thread_of_two_and_the_smaller_id_stays(room: Room) -> None:
    one, two = room.place("a", headline="Bridge"), room.place("b", hours=1, headline="Rescue")
    assert one.thread_id != two.thread_id
    stale = Item.objects.get(pk=two.pk)
    bridge = room.place("c", hours=2, links=(Link(rel="derivedFrom", target="b"), Link(rel="derivedFrom", target="a")))
    two.refresh_from_db()
    assert one.thread_id == two.thread_id == bridge.thread_id
    kept, gone = Thread.objects.order_by("pk")
    assert (kept.count, kept.headline, gone.into, gone.count) == (3, "Rescue", kept, 0)
    assert list(families.siblings(one)) == [two, bridge]
    families.place(stale, CanonicalItem(provider="CPA", item_id="b", headline="Rescue", version_created=NOON))
    assert stale.thread_id == kept.pk and thread_of(one).count == 3


def test_what_an_editor_takes_apart_stays_apart(room: Room) -> None:
    dele = Machine("dele")
    one = room.place("a", body_html=html(*BRIDGE))
    two = room.place("b", hours=1, body_html=html(*BRIDGE, FERRY[0]))
    assert one.thread_id == two.thread_id
    made = families.part(thread=thread_of(one), items=[two], by=dele)
    # A new version, a new link, and a new duplicate of both.
    room.place("b", hours=2, body_html=html(*BRIDGE))
    room.place("a", hours=2, body_html=html(*BRIDGE), links=(Link(rel="derivedFrom", target="b"),))
    third = room.place("c", hours=3, body_html=html(*BRIDGE))
    one.refresh_from_db()
    two.refresh_from_db()
    assert two.thread_id == made.pk != one.thread_id
    assert third.thread_id in (one.thread_id, made.pk)
    assert Thread.objects.get(pk=made.pk).into is None
    # Until a person joins them, which then stays so too.
    kept = families.join(thread=made, other=thread_of(one), by=dele)
    assert kept.pk == one.thread_id and kept.count == 3
    room.place("b", hours=4, body_html=html(*FERRY))
    two.refresh_from_db()
    assert two.thread_id == kept.pk
    verbs = list(AuditEntry.objects.filter(kind="thread").order_by("id").values_list("verb", "actor"))
    assert verbs == [("parted", "dele"), ("joined", "dele")]


def test_taking_apart_needs_something_to_leave(room: Room) -> None:
    item = room.place("a", headline="Bridge")
    thread, dele = thread_of(item), Machine("dele")
    with pytest.raises(Refused, match="nothing to take them away from"):
        families.part(thread=thread, items=[item], by=dele)
    with pytest.raises(Refused, match="not in this thread"):
        families.part(thread=thread, items=[room.place("b", headline="Ferry")], by=dele)
    with pytest.raises(Refused, match="one thread already"):
        families.join(thread=thread, other=thread, by=dele)


def test_a_thread_knows_which_story_was_published_from_it(desk: Desk) -> None:
    desk.publish(g2(body=html(*BRIDGE)))
    desk.wait(g2("update", body=html(*BRIDGE[:3])))
    first, update = desk.item(), desk.item("update", desk.waiting)
    assert update.thread_id == first.thread_id and update.thread is not None
    assert families.published_in([update.thread]) == {update.thread_id: desk.story()}
    assert families.published_in([]) == {}


def test_old_clues_are_swept_away_a_few_at_a_time(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "_KEPT_ROWS", 40)
    for number in range(4):
        room.place(f"old-{number}", body_html=html(*BRIDGE), hours=number)
    clues = Clue.objects.count()
    assert clues > 41
    gone = families.sweep()
    assert 0 < gone <= clues - 40 and Clue.objects.count() == clues - gone
    assert families.sweep() == 0


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_threads_page_shows_compares_parts_and_joins(desk: Desk) -> None:
    desk.wait(g2(body=html(*BRIDGE)))
    desk.wait(g2("update", headline="Two hurt as bridge gives way", body=html(*BRIDGE[:3])))
    desk.wait(g2("ferry", headline="Ferry strike", body=html(*FERRY)).replace(b">BRIDGE<", b">FERRY<"))
    first, update, ferry = (desk.item(name, desk.waiting) for name in ("bridge", "update", "ferry"))
    client = signed_in(desk.wire_editor)
    url = reverse("wire:thread", args=[first.thread_id])
    page = client.get(f"{url}?a={first.pk}&b={update.pk}&q=strike").content.decode()
    assert "Two hurt as bridge gives way" in page and "Side by side" in page and "<del>" in page
    assert "Ferry strike" in page
    client.post(reverse("wire:thread_part", args=[first.thread_id]), {"item": update.pk, "do": "one"})
    update.refresh_from_db()
    assert update.thread_id != first.thread_id
    answer = client.post(reverse("wire:thread_join", args=[update.thread_id]), {"other": first.thread_id}, follow=True)
    assert answer.redirect_chain[-1][0] == url
    assert client.get(reverse("wire:thread", args=[update.thread_id])).headers["Location"] == url
    assert "not in this thread" in (
        client.post(
            reverse("wire:thread_part", args=[first.thread_id]), {"item": ferry.pk}, follow=True
        ).content.decode()
    )
    reporter = signed_in(desk.reporter)
    assert "Take this one out" not in reporter.get(url).content.decode()
    with pytest.raises(PermissionDenied):
        families.part(thread=thread_of(first), items=[first], by=desk.reporter)
    reporter.post(reverse("wire:thread_part", args=[first.thread_id]), {"item": first.pk, "do": "one"})
    first.refresh_from_db()
    assert first.thread_id == Item.objects.get(pk=update.pk).thread_id
