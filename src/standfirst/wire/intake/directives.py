"""What an item says about others: carried out where it is sure which are meant, else put before a person at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, NamedTuple

from django.db import models, transaction

from standfirst.changes import actions as changes
from standfirst.kit import clock
from standfirst.stories import alerts
from standfirst.wire.intake import common
from standfirst.wire.intake.common import WIRE
from standfirst.wire.intake.takebacks import stories_of, take_back, take_back_before
from standfirst.wire.item import Directive as Said
from standfirst.wire.item import Item as CanonicalItem
from standfirst.wire.models import Delivery, Directive, Feed, Item, ItemName

REUSED_AFTER = timedelta(hours=48)
"""Service numbers are used again: one is believed for so long on either side of the moment at which it came."""

ASK_AFTER = timedelta(seconds=5)
"""What names copy that is not here settles itself when that comes, often a moment later: people are mailed if it has
not by then. While files wait to be read, it may be in one of them."""

ASK_AT_LAST = timedelta(seconds=30)
"""But not longer than this, however many wait."""

ASK = "wire-ask"
"""Name of the tick at which the worker asks, where nothing else has: nobody need run the wire. Its ref is a
directive's id."""
_ASK_BY_TICK = timedelta(seconds=40)

_SERVICE_NUMBER = 8
"""Names up to this length are service numbers, e.g. “a0101” or “exw0012”. Longer ones are given once."""


class Found(NamedTuple):
    items: list[Item]
    others: int
    """How many bear the name with another agency's feed, which no feed can take down."""


def keep_names(item: Item, canonical: CanonicalItem, *, created: bool) -> list[str]:
    """Note the further names of `item`. Returns those that it bears now and did not before."""
    names = [name.strip()[:300] for name in canonical.alt_ids]
    names = [name for name in dict.fromkeys(names) if name and name != item.item_id]
    if not created and names:
        known = set(ItemName.objects.filter(item=item, name__in=names).values_list("name", flat=True))
        names = [name for name in names if name not in known]
    now = clock.now()
    ItemName.objects.bulk_create(
        [ItemName(item=item, provider=item.provider, name=name, at=now) for name in names], ignore_conflicts=True
    )
    return [item.item_id, *names] if created else names


def obey_earlier(item: Item, names: list[str]) -> Literal["killed", "withheld"] | None:
    """Carry out what was said of `item` before it came. `names` are those that it did not bear before."""
    now = clock.now()
    outcome: Literal["killed", "withheld"] | None = None
    waiting = Directive.objects.open().filter(provider=item.provider, target__in=names).exclude(item=item)
    for directive in waiting.select_related("item__feed").order_by("id"):
        if _is_service_number(directive.target) and now - directive.at > REUSED_AFTER:
            continue
        if not _one_agency(directive.item.feed, item.feed):
            continue
        meant = directive.before is None or item.latest_order < directive.before
        if meant:
            outcome = _carry_out(directive, item) or outcome
        if directive.exact:
            _settle(directive, item)
    return outcome


def carry_out(item: Item, canonical: CanonicalItem) -> bool:
    """Do what `canonical`, a version of `item`, says about others. True if a person must decide about any of it."""
    asking = False
    for said in canonical.directives:
        if said.status not in ("canceled", "withheld"):
            item.held_because = [*item.held_because, f"It says that other copy is {said.status}: {said.said[:200]}"]
            asking = True
            continue
        target = said.target.strip()[:500]
        if said.before is not None and target in ("", item.item_id, *canonical.alt_ids):
            _about_itself(item, said)
            continue
        directive, new = _noted(item, said, target)
        if directive.settled_at is not None:
            continue
        found = _meant(item, directive)
        if _obeyed(directive, found):
            continue
        asking = True
        if new and directive.exact and directive.target and not found.items and not found.others:
            _ask_later(directive)
        elif new:
            _ask(item, directive)
    return asking


def _about_itself(item: Item, said: Said) -> None:
    """Earlier revisions of the item are taken back, this one is not: stories that still show them go."""
    before = said.before
    if before is None:
        return
    kind: Literal["kill", "withhold"] = "kill" if said.status == "canceled" else "withhold"
    if item.killed_at is None and item.latest_order < before:
        take_back(item, said.said, stories_of(item), kind)
    else:
        take_back_before(item, said.said, kind, before)


def _noted(item: Item, said: Said, target: str) -> tuple[Directive, bool]:
    return Directive.objects.get_or_create(
        item=item,
        status=said.status,
        target=target,
        before=said.before,
        exact=said.exact,
        defaults={"provider": item.provider, "said": said.said, "at": clock.now()},
    )


def _obeyed(directive: Directive, found: Found) -> bool:
    """Carry out a directive if it means one item. True if nothing is left for a person."""
    if len(found.items) != 1 or found.others:
        return False
    target = found.items[0]
    _carry_out(directive, target)
    target.save()
    if directive.exact:
        _settle(directive, target)
    return directive.exact


def _carry_out(directive: Directive, target: Item) -> Literal["killed", "withheld"] | None:
    kind: Literal["kill", "withhold"] = "kill" if directive.status == "canceled" else "withhold"
    said = f"{directive.item}: {directive.said}" if directive.said else str(directive.item)
    if not directive.exact:
        # Read out of running text: off at once, in a way that a person can undo. Whether for good, they decide.
        kind = "withhold"
    if directive.before is not None and target.latest_order >= directive.before:
        take_back_before(target, said, kind, directive.before)
        return None
    if (target.killed_at if kind == "kill" else target.killed_at or target.withheld_at) is not None:
        return "killed" if target.killed_at is not None else "withheld"
    return take_back(target, said, stories_of(target), kind)


def _meant(item: Item, directive: Directive) -> Found:
    """The items that the name of a directive stands for."""
    if not directive.target:
        return Found([], 0)
    of_agency = Item.objects.filter(provider=item.provider)
    exactly = of_agency.filter(item_id=directive.target).select_for_update(of=("self",)).select_related("feed")
    found = list(exactly)
    if not found:
        named = ItemName.objects.filter(provider=item.provider, name=directive.target[:300])
        if _is_service_number(directive.target):
            named = named.filter(at__gte=directive.at - REUSED_AFTER, at__lte=directive.at + REUSED_AFTER)
        keys = set(named.exclude(item=item).values_list("item_id", flat=True))
        by_name = of_agency.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)).select_related("feed")
        found = list(by_name)
    ours = [each for each in found if each.pk != item.pk and _one_agency(each.feed, item.feed)]
    return Found(ours, len([each for each in found if not _one_agency(each.feed, item.feed)]))


def candidates(directive: Directive) -> models.QuerySet[Item]:
    """Items that a person may think of: those of its name, and those on the same story of the last two days."""
    item = directive.item
    named = ItemName.objects.filter(provider=directive.provider, name=directive.target[:300]).values("item_id")
    meant = models.Q(item_id=directive.target) | models.Q(pk__in=named) if directive.target else models.Q(pk=None)
    if item.thread_key:
        meant |= models.Q(thread_key=item.thread_key, first_seen__gte=directive.at - REUSED_AFTER)
    return Item.objects.filter(meant, provider=directive.provider).exclude(pk=item.pk).newest()


def _is_service_number(name: str) -> bool:
    return len(name) <= _SERVICE_NUMBER


def _one_agency(feed: Feed, other: Feed) -> bool:
    return feed.pk == other.pk or bool(feed.provider and feed.provider == other.provider)


def _settle(directive: Directive, target: Item) -> None:
    directive.settled_at, directive.settled, directive.settled_by = (
        clock.now(),
        Directive.Settled.APPLIED,
        WIRE.get_username(),
    )
    directive.save(update_fields=["settled_at", "settled", "settled_by"])
    changes.audit(
        by=WIRE, verb="carried out", kind="item", ref=target.pk, said_by=directive.item_id, what=directive.status
    )
    no_longer_urgent(directive.item_id)


def no_longer_urgent(item_id: int) -> None:
    """The item has said nothing any more that waits for a person."""
    if not Directive.objects.open().filter(item_id=item_id).exists():
        Item.objects.filter(pk=item_id).update(urgent=False)


def _ask_later(directive: Directive) -> None:
    """Have people asked soon, if it has not settled itself by then. Commits with the directive, so a crash forgets
    nothing."""
    directive.ask_at = directive.at + ASK_AFTER
    directive.save(update_fields=["ask_at"])
    changes.set_tick(name=ASK, ref=directive.pk, due=directive.at + _ASK_BY_TICK)


def ask_what_is_open() -> int:
    """Mail the publishers about orders that have waited for their copy and are still open. Returns how many.

    The wire's loop calls it all the time, and the worker at the tick `ASK`. Any number of programs may: who takes
    `ask_at` away is who mails. Both commit together, so one that is stopped in between leaves the order to the others.
    """
    now = clock.now()
    waiting = list(Directive.objects.to_ask(now).select_related("item__feed")[:50])
    if waiting and Delivery.objects.unfinished().exists():
        waiting = [directive for directive in waiting if directive.at + ASK_AT_LAST <= now]
    return sum(_asked(directive) for directive in waiting)


@transaction.atomic
def _asked(directive: Directive) -> bool:
    ours = Directive.objects.filter(pk=directive.pk, settled_at=None, ask_at=directive.ask_at)
    if not ours.update(ask_at=None):
        return False
    _ask(directive.item, directive)
    common.fault("directive:asking")
    return True


def _ask(item: Item, directive: Directive) -> None:
    what = "killed" if directive.status == "canceled" else "withheld"
    found = candidates(directive)[:10]
    lines = [
        f"The agency asks in “{item}” ({item.feed.title}) for copy to be {what}.",
        "",
        f"It names: {directive.target or 'nothing that could be found'}",
        f"It says: {directive.said or '-'}",
        "",
    ]
    if found:
        lines += ["It may mean:", *(f"- {each} ({each.item_id}), {_state(each)}" for each in found), ""]
    lines.append("Decide on the wire list which copy is meant, and kill or withhold it there.")
    alerts.mail_publishers(f"To be decided at once: copy that the agency wants {what}", "\n".join(lines))


def _state(item: Item) -> str:
    if item.killed_at is not None:
        return "killed already"
    if item.withheld_at is not None:
        return "taken down for now"
    return "in a story that is live" if any(story.live for story in stories_of(item)) else "not published"
