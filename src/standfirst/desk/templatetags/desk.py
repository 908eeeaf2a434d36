"""Words and parts that the desk's templates need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from standfirst.desk import heartbeat
from standfirst.kit import clock
from standfirst.stories.models import SiteFacts

register = template.Library()


@register.inclusion_tag("desk/_worker.html")
def worker_banner() -> dict[str, Any]:
    """The banner that says when the worker is away. Always in the page: the script shows it when that changes."""
    return {"beat": heartbeat.read()}


@register.inclusion_tag("desk/_brand.html")
def newsroom_brand() -> dict[str, Any]:
    """The newsroom's own name above the menu."""
    return {"name": SiteFacts.objects.values_list("name", flat=True).first() or "Standfirst"}


@register.filter
def clocktime(moment: datetime | None) -> str:
    """A time on the desk's clock: "14:05" today, "12 Nov, 14:05" this year, else with the year. Never relative."""
    if moment is None:
        return ""
    local, now = timezone.localtime(moment), timezone.localtime(clock.now())
    if local.date() == now.date():
        return date_format(local, "H:i")
    return date_format(local, "j M, H:i" if local.year == now.year else "j M Y, H:i")


@register.filter
def milliseconds(value: int) -> str:
    """ "12 ms" or "1.4 s"."""
    return f"{value} ms" if value < 1000 else f"{value / 1000:.1f} s"
