import django.db.models.deletion
from django.db import migrations, models


def lay_out(apps, schema_editor):
    from standfirst.library import cuttings

    cuttings.lay_out(schema_editor.connection)


def tear_down(apps, schema_editor):
    from standfirst.library import cuttings

    cuttings.tear_down(schema_editor.connection)


class Migration(migrations.Migration):
    """What is live is filed by the worker afterwards, the newest first: no start waits for a million stories."""

    dependencies = [
        ("library", "0001_initial"),
        ("stories", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cutting",
            fields=[
                (
                    "story",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="stories.story",
                    ),
                ),
                ("place", models.BigIntegerField(unique=True)),
                ("published", models.DateTimeField()),
                ("digest", models.BigIntegerField()),
                ("rules", models.PositiveSmallIntegerField(db_index=True)),
                ("language", models.CharField(max_length=35, db_index=True)),
                ("filed_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="CuttingText",
            fields=[
                (
                    "story",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="stories.story",
                    ),
                ),
                ("head", models.TextField()),
                ("words", models.BinaryField(null=True)),
            ],
        ),
        migrations.RunPython(lay_out, tear_down),
    ]
