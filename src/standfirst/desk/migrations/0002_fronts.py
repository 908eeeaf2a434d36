"""Slots in place of the one pinned lead, stories kept off, breaking news. Pins become the first slots of their fronts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def carry_pins_over(apps, schema_editor):
    """Each pin of a live story is the lead's slot, ends when it would have, and is looked at by the press."""
    slot = apps.get_model("desk", "FrontSlot")
    pins = apps.get_model("desk", "PinnedLead").objects.filter(story__live=True)
    slots = [
        slot(section_id=pin.section_id, position=1, story_id=pin.story_id, until=pin.until, by_id=pin.by_id)
        for pin in pins
    ]
    slot.objects.bulk_create(slots)
    _name_anew(apps, "pin-ends", "slot-ends", "pin", "slots")
    now = timezone.now()
    change = apps.get_model("changes", "Change")
    change.objects.bulk_create(
        change(kind="slots", ref=str(slot.section_id), lane=1, cause="put", created_at=now) for slot in slots
    )
    # Its permission goes with it: of two by one name nobody could tell which a role has.
    apps.get_model("contenttypes", "ContentType").objects.filter(app_label="desk", model="pinnedlead").delete()


def make_pins_again(apps, schema_editor):
    """What leads a front by hand is its pin. The other slots, and what else the desk decided, are gone."""
    pin = apps.get_model("desk", "PinnedLead")
    slots = list(apps.get_model("desk", "FrontSlot").objects.filter(position=1))
    pin.objects.bulk_create(
        pin(section_id=slot.section_id, story_id=slot.story_id, until=slot.until, by_id=slot.by_id) for slot in slots
    )
    apps.get_model("changes", "Tick").objects.filter(name__in=["kept-off-ends", "breaking-ends"]).delete()
    _name_anew(apps, "slot-ends", "pin-ends", "slots", "pin")
    now = timezone.now()
    change = apps.get_model("changes", "Change")
    change.objects.bulk_create(
        change(kind="pin", ref=str(slot.section_id), lane=1, cause="pinned", created_at=now) for slot in slots
    )
    kinds = ["frontslot", "keptoff", "breakingnews"]
    apps.get_model("contenttypes", "ContentType").objects.filter(app_label="desk", model__in=kinds).delete()


def _name_anew(apps, tick, new_tick, kind, new_kind):
    apps.get_model("changes", "Tick").objects.filter(name=tick).update(name=new_tick)
    apps.get_model("changes", "Change").objects.filter(kind=kind).update(kind=new_kind)


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_initial"),
        ("changes", "0002_seen"),
        ("stories", "0004_indexes"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BreakingNews",
            fields=[
                (
                    "story",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="stories.story",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "breaking news",
                "verbose_name_plural": "breaking news",
                "ordering": ["-at", "-story_id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FrontSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("until", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="stories.section"
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stories.story"
                    ),
                ),
            ],
            options={
                "verbose_name": "slot of a front",
                "ordering": ["position"],
                "permissions": [("curate_front", "Can decide what stands on a front")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("section", "position"), name="one_story_a_slot"),
                    models.UniqueConstraint(fields=("section", "story"), name="one_slot_a_story"),
                    models.CheckConstraint(condition=models.Q(("position__gte", 1)), name="slots_begin_at_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("top", "The top: it may stand further down"),
                            ("front", "The whole front, Most read included"),
                        ],
                        default="top",
                        max_length=5,
                    ),
                ),
                ("until", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="kept_off", to="stories.section"
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stories.story"
                    ),
                ),
            ],
            options={
                "verbose_name": "story kept off a front",
                "ordering": ["until", "id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("section", "story"), name="kept_off_once")],
            },
        ),
        migrations.RunPython(carry_pins_over, make_pins_again),
        migrations.DeleteModel(name="PinnedLead"),
    ]
