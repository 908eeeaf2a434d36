from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stories", "0002_former_address"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("to", models.TextField()),
                ("subject", models.TextField()),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "next_at",
                    models.DateTimeField(db_index=True, help_text="Not before: somebody is sending it, or could not."),
                ),
                (
                    "trouble",
                    models.TextField(blank=True, help_text="Why it could not be sent when that was last tried."),
                ),
            ],
        ),
    ]
