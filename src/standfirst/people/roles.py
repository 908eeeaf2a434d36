"""The roles of a newsroom and what each may do.

Roles are Django groups, so that Wagtail's own permissions, workflows and screens know them. What a role may do with
pages is granted on the home front (`stories.actions.open_newsroom`); the permissions here are for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """`pages`: Wagtail's page permissions; `permissions`: "app.codename"; `collections`: for pictures and files."""

    name: str
    says: str
    pages: tuple[str, ...]
    permissions: tuple[str, ...]
    collections: tuple[str, ...] = ("add_image", "change_image", "choose_image", "add_document", "choose_document")
    """Wagtail asks for these names, whatever models a project has for pictures and documents."""


_ADMIN = ("wagtailadmin.access_admin",)
_TAKE_DOWN = ("stories.kill_story", "stories.withhold_story", "pictures.kill_picture")
_RESTORE = ("stories.restore_story", "pictures.restore_picture")
_DESK = ("stories.correct_story", "desk.curate_front")
_AUTHORS = ("stories.add_author", "stories.change_author", "stories.add_topic", "stories.change_topic")
_WIRE = ("wire.view_item", "wire.take_item")
_FEEDS = ("wire.add_feed", "wire.change_feed", "wire.view_feed")
_EDIT = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")

ROLES: tuple[Role, ...] = (
    Role(
        "Reporter",
        "Writes stories and hands them in.",
        ("add_page",),
        (*_ADMIN, "wire.view_item", "stories.add_topic"),
        # Their own pictures only: a changed or deleted picture changes every live page that shows it.
        ("add_image", "choose_image", "add_document", "choose_document"),
    ),
    Role(
        "Wire editor",
        "Watches the agencies, takes copy and publishes it, carries out kills.",
        _EDIT,
        (*_ADMIN, *_WIRE, *_FEEDS, *_TAKE_DOWN, *_DESK),
    ),
    Role(
        "Editor",
        "Edits, schedules, publishes and corrects; takes stories down.",
        _EDIT,
        (*_ADMIN, *_WIRE, *_TAKE_DOWN, *_RESTORE, *_DESK, *_AUTHORS),
    ),
    Role(
        "Publisher",
        "Answers for what is published: corrections, kills and their undoing, facts of the newsroom.",
        _EDIT,
        (
            *_ADMIN,
            *_WIRE,
            *_FEEDS,
            *_TAKE_DOWN,
            *_RESTORE,
            *_DESK,
            *_AUTHORS,
            "stories.change_sitefacts",
        ),
    ),
    Role(
        "Administrator",
        "Runs the newsroom: people, sections, feeds, settings.",
        (*_EDIT, "bulk_delete_page"),
        (
            *_ADMIN,
            *_WIRE,
            *_FEEDS,
            *_TAKE_DOWN,
            *_RESTORE,
            *_DESK,
            *_AUTHORS,
            "stories.change_sitefacts",
            "people.add_user",
            "people.change_user",
            "people.delete_user",
            "people.view_user",
        ),
    ),
)

PUBLISHER = "Publisher"
