from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stories", "0004_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitefacts",
            name="clock",
            field=models.CharField(
                blank=True,
                choices=[("", "As is usual in the language and the country"), ("24", "18:30"), ("12", "6:30 pm")],
                default="",
                max_length=8,
                verbose_name="how hours are written",
            ),
        ),
        migrations.AddField(
            model_name="sitefacts",
            name="date_order",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "As is usual in the language and the country"),
                    ("day", "22 November 2026"),
                    ("month", "November 22, 2026"),
                    ("iso", "2026-11-22"),
                ],
                default="",
                help_text="On the readers’ pages. The country is told by the time zone; a language that has only one of these orders keeps it.",
                max_length=8,
                verbose_name="how dates are written",
            ),
        ),
        migrations.AddField(
            model_name="sitefacts",
            name="digits",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "As is usual in the language; in Arabic 0 1 2 3"),
                    ("latin", "0 1 2 3 in all languages"),
                    ("own", "Those of each language’s script, e.g. ٠ ١ ٢ ٣"),
                ],
                default="",
                max_length=8,
                verbose_name="digits of dates and numbers",
            ),
        ),
    ]
