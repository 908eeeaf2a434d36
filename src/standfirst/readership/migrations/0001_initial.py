from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="HotPath",
            fields=[
                ("path", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("story", models.BigIntegerField()),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReadCount",
            fields=[
                ("story", models.BigIntegerField(primary_key=True, serialize=False)),
                ("level", models.FloatField()),
            ],
            options={"indexes": [models.Index(fields=["-level", "-story"], name="most_read")]},
        ),
        migrations.CreateModel(
            name="TakenSpool",
            fields=[
                ("name", models.CharField(max_length=160, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RankingRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
                ("place", models.PositiveSmallIntegerField()),
                ("story", models.BigIntegerField()),
                ("score", models.FloatField()),
            ],
            options={
                "ordering": ["name", "place"],
                "constraints": [models.UniqueConstraint(fields=("name", "place"), name="one_story_a_place")],
            },
        ),
    ]
