from django.db import migrations

# Wagtail's table has no index by which the desk's list could be read newest first. Both databases know these statements.
ALL = "CREATE INDEX IF NOT EXISTS desk_latest ON wagtailcore_page (latest_revision_created_at DESC, id DESC)"
DRAFTS = (
    "CREATE INDEX IF NOT EXISTS desk_latest_draft ON wagtailcore_page (latest_revision_created_at DESC, id DESC) "
    "WHERE NOT live"
)


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial"), ("wagtailcore", "0098_apitoken")]

    operations = [
        migrations.RunSQL(ALL, "DROP INDEX IF EXISTS desk_latest"),
        migrations.RunSQL(DRAFTS, "DROP INDEX IF EXISTS desk_latest_draft"),
    ]
