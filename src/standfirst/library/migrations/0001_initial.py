from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = [("stories", "0001_initial")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StoryTerms",
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
                ("event", models.PositiveIntegerField()),
                ("published", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TermCount",
            fields=[
                ("term", models.CharField(max_length=70, primary_key=True, serialize=False)),
                ("stories", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="RelatedStory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                (
                    "other",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stories.story",
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stories.story",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("story", "other"), name="related_once")]},
        ),
        migrations.CreateModel(
            name="RelateLater",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                (
                    "other",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stories.story",
                    ),
                ),
                (
                    "story",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stories.story",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("story", "other"), name="relate_later_once")]},
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.CharField(max_length=70)),
                ("weight", models.FloatField()),
                (
                    "story",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stories.story",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("term", "story"), name="term_once")]},
        ),
    ]
