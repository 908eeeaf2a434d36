"""Makes the plain site's database from a newsroom's copy: `PLAIN_HOME=... python -m bench.wagtail_plain.load FILE`.

Rows are written in bulk; what is measured is reading.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from datetime import datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.wagtail_plain.settings")


def load(file: Path) -> None:
    """Every section, author and story of the copy. Slugs are those of the newsroom; days are not part of addresses."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import transaction
    from taggit.models import Tag
    from wagtail.models import Locale, Page, Site

    from bench.copies import Copy
    from bench.wagtail_plain.models import Author, HomePage, SectionPage, StoryPage, StoryTag

    copy = Copy(file)
    root = Page.get_first_root_node()
    root.get_children().delete()
    root = Page.objects.get(pk=root.pk)
    parents: dict[int, Page] = {}
    with transaction.atomic():
        for section in copy.of("section"):
            if "parent" not in section:
                page = root.add_child(instance=HomePage(title=section["name"], slug="home"))
                Site.objects.all().delete()
                Site.objects.create(hostname="localhost", root_page=page, is_default_site=True)
            else:
                above = Page.objects.get(pk=parents[section["parent"]].pk)
                slug = section["path"].rstrip("/").rpartition("/")[2]
                page = above.add_child(instance=SectionPage(title=section["name"], slug=slug, show_in_menus=True))
            parents[section["id"]] = page
        authors = {}
        for author in copy.of("author"):
            slug = author["path"].rstrip("/").rpartition("/")[2]
            fields = {name: author.get(name, "") for name in ("name", "role", "bio")}
            authors[author["id"]] = Author.objects.create(slug=slug, **fields)

        top = next((ranking["stories"] for ranking in copy.of("ranking")), [])
        kind = ContentType.objects.get_for_model(StoryPage)
        locale = Locale.get_default()
        tags: dict[str, Tag] = {}
        tagged: list[StoryTag] = []
        children = dict.fromkeys((page.pk for page in parents.values()), 0)
        for story in copy.of("story"):
            above = parents[story["section"]]
            children[above.pk] += 1
            slug = story["path"].rstrip("/").rpartition("/")[2]
            first = datetime.fromisoformat(story["published"])
            page = StoryPage(
                path=Page._get_path(above.path, above.depth + 1, children[above.pk]),
                depth=above.depth + 1,
                title=story["headline"],
                draft_title=story["headline"],
                slug=slug,
                url_path=f"{above.url_path}{slug}/",
                content_type=kind,
                locale=locale,
                translation_key=uuid.uuid4(),
                live=True,
                first_published_at=first,
                last_published_at=first,
                latest_revision_created_at=first,
                kicker=story.get("kicker", ""),
                standfirst=story.get("standfirst", ""),
                author=authors[story["authors"][0]] if story.get("authors") else None,
                reads=1000 - top.index(story["id"]) if story["id"] in top else 0,
                body=json.dumps(
                    [
                        {"type": "paragraph", "value": f"<p>{block['html']}</p>", "id": str(uuid.uuid4())}
                        for block in story["body"]
                        if block["type"] == "paragraph"
                    ]
                ),
            )
            page.save_base()
            word = story.get("kicker", "")
            if word:
                if word not in tags:
                    tags[word] = Tag.objects.create(name=word, slug=f"{word.lower()}-{len(tags)}")
                tagged.append(StoryTag(content_object_id=page.pk, tag=tags[word]))
        StoryTag.objects.bulk_create(tagged, batch_size=500)
        for pk, number in children.items():
            own = Page.objects.get(pk=pk).get_children_count()
            Page.objects.filter(pk=pk).update(numchild=own + number)


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    load(Path(sys.argv[1]))
