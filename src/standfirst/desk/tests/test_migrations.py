"""What a newsroom has that ran before fronts had slots: its pins go on leading their fronts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from standfirst.changes.models import Change, Tick
from standfirst.desk.models import FrontSlot
from standfirst.kit import clock
from standfirst.stories.tests.cast import Cast


def tables(name: str) -> Any:
    """The models as they are after a migration of the desk, which is gone to."""
    call_command("migrate", "desk", name, verbosity=0)
    return MigrationExecutor(connection).loader.project_state([("desk", name)]).apps


@pytest.mark.deep
def test_pins_become_the_first_slots_of_their_fronts_and_pins_again(committed: Cast) -> None:
    cast = committed
    lead, gone = cast.live("A lead"), cast.draft("Not live any more")
    until = clock.now() + timedelta(hours=2)
    try:
        pins = tables("0001_initial").get_model("desk", "PinnedLead").objects
        pins.create(section_id=cast.home.pk, story_id=lead.pk, until=until, by_id=cast.ed.pk)
        pins.create(section_id=cast.world.pk, story_id=gone.pk, until=until, by_id=None)
        Tick.objects.create(name="pin-ends", ref=str(cast.home.pk), due=until)
        Change.objects.create(kind="pin", ref=str(cast.world.pk), created_at=clock.now())

        call_command("migrate", "desk", verbosity=0)
        slot = FrontSlot.objects.get()
        assert (slot.section_id, slot.position, slot.story_id, slot.until) == (cast.home.pk, 1, lead.pk, until)
        assert slot.by == cast.ed
        assert Tick.objects.get(due=until).name == "slot-ends"
        assert set(Change.objects.filter(kind="slots").values_list("ref", flat=True)) == {
            str(cast.home.pk),
            str(cast.world.pk),
        }
        desk = Permission.objects.filter(content_type__app_label="desk")
        assert list(desk.values_list("codename", flat=True)) == ["curate_front"]

        pins = tables("0001_initial").get_model("desk", "PinnedLead").objects
        assert list(pins.values_list("section_id", "story_id", "until")) == [(cast.home.pk, lead.pk, until)]
        assert Tick.objects.get(due=until).name == "pin-ends"
        assert not Change.objects.filter(kind="slots").exists()
    finally:
        call_command("migrate", "desk", verbosity=0)
