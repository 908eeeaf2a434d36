"""How the files of a feed are read."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from standfirst.wire import formats
from standfirst.wire.formats import dialects
from standfirst.wire.models import Feed, Source


def profile_of(feed: Feed, transport: str = "") -> formats.Profile:
    """How the files of `feed` are read. `transport` is by what they came: who sent a message is believed only of those
    that our own mailbox held."""
    profile = formats.Profile(
        provider=feed.provider or feed.name,
        force_provider=bool(feed.provider),
        empty_embargo_means_none=feed.empty_embargo_means_none,
        language=feed.language,
        limits=formats.Limits(bytes=settings.STANDFIRST.wire_limit),
        dialects=dialects.NAMED if feed.dialect in dialects.NAMED else dialects.BY_PROVIDER,
    )
    if transport == Source.Kind.IMAP:
        mailboxes = list(feed.sources.filter(kind=Source.Kind.IMAP).values_list("settings", flat=True))
        profile = replace(
            profile,
            senders=frozenset(name.lower() for box in mailboxes for name in box.get("senders", ())),
            mail_servers=frozenset(name.lower() for box in mailboxes for name in box.get("mail_servers", ())),
        )
    return profile.speaking(feed.dialect) if feed.dialect in dialects.NAMED else profile
