from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="seen",
            field=models.CharField(
                blank=True,
                choices=[
                    ("due", "to be looked at"),
                    ("green", "readers get it"),
                    ("red", "readers get something else"),
                ],
                db_default="",
                default="",
                max_length=5,
            ),
        ),
        migrations.AddField(model_name="change", name="sight", field=models.JSONField(null=True)),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["seen", "lane", "-id"], name="change_seen"),
        ),
    ]
