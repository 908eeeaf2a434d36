from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stories", "0001_initial")]

    operations = [
        migrations.AddField("sitefacts", "origin", models.CharField(blank=True, editable=False, max_length=255)),
    ]
