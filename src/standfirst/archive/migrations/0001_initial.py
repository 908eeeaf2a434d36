import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("stories", "0002_former_address"),
    ]

    operations = [
        migrations.CreateModel(
            name="Imported",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=100)),
                ("ident", models.CharField(max_length=500)),
                ("digest", models.CharField(max_length=64)),
                ("related", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                (
                    "story",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="stories.story"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("related", False)), fields=["story"], name="imported_unrelated")
                ],
                "constraints": [models.UniqueConstraint(fields=("source", "ident"), name="imported_once")],
            },
        ),
    ]
