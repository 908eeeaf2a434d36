"""How the files of a feed are read."""

from __future__ import annotations

from django.conf import settings

from standfirst.wire import formats
from standfirst.wire.formats import dialects
from standfirst.wire.models import Feed


def profile_of(feed: Feed) -> formats.Profile:
    """How the files of `feed` are read."""
    profile = formats.Profile(
        provider=feed.provider or feed.name,
        force_provider=bool(feed.provider),
        empty_embargo_means_none=feed.empty_embargo_means_none,
        language=feed.language,
        limits=formats.Limits(bytes=settings.STANDFIRST.wire_limit),
        dialects=dialects.NAMED if feed.dialect in dialects.NAMED else dialects.BY_PROVIDER,
    )
    return profile.speaking(feed.dialect) if feed.dialect in dialects.NAMED else profile
