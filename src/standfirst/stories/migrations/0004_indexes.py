from django.db import migrations

from standfirst.stories.indexes import INDEXES


class Migration(migrations.Migration):
    """Only brings newsrooms that are there already to what `indexes` lays after each migration."""

    dependencies = [
        ("stories", "0003_alerts"),
    ]

    operations = [migrations.RunSQL(list(INDEXES), migrations.RunSQL.noop)]
