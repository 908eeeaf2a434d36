"""Words and parts that the wire's templates need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from standfirst.kit import clock
from standfirst.wire import alarms
from standfirst.wire.models import Version
from standfirst.wire.views_room import alarm_context, wants_sound

register = template.Library()


@register.inclusion_tag("wire/_alarm_frame.html", takes_context=True)
def wire_alarms(context: dict[str, Any]) -> dict[str, Any]:
    """The place on every screen where alarms stand, for those who may see the wire. Empty while there is none."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.has_perm("wire.view_item"):
        return {"show": False}
    told = alarms.standing()
    return {"show": True, "request": request, "sound": wants_sound(user), **alarm_context(user, told)}


@register.filter
def versionname(version: Version) -> str:
    """A version as people call it: the agency's own number, else the moment at which it came."""
    label = version.label.strip()
    return label if 0 < len(label) <= 12 else f"of {wiretime(version.received_at)}"


@register.filter
def wiretime(moment: datetime | None) -> str:
    """A time as short as it can be: "14:05" today, "21 Nov 14:05" this year, else with the year."""
    if moment is None:
        return ""
    local, now = timezone.localtime(moment), timezone.localtime(clock.now())
    if local.date() == now.date():
        return date_format(local, "H:i")
    return date_format(local, "j M H:i" if local.year == now.year else "j M Y H:i")
