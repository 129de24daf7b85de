"""Warns early of far more reports of one category than usual in one place and time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from reflex.loop import LoopContext
from reflex.loops.emergence.loop import EmergenceLoop
from reflex.loops.emergence.settings import Settings
from reflex.loops.emergence.wording import Titles


def build(context: LoopContext) -> EmergenceLoop:
    """The loop over a federation's categories, channels and zones."""
    federation = context.federation

    @cache
    def zone(region: str) -> ZoneInfo:
        return ZoneInfo(federation.zone(region))

    def offset_of(region: str, at: datetime) -> timedelta:
        return at.astimezone(zone(region)).utcoffset() or timedelta()

    def region_title(region: str) -> str:
        found = federation.region(region)
        return region if found is None else found.title

    on_order = frozenset(category.code for category in federation.categories if category.on_order)
    staff = frozenset(channel.id for channel in federation.channels if channel.staff)
    return EmergenceLoop(
        lambda now: context.settings(Settings, EmergenceLoop.name, now),
        offset_of,
        lambda category, channel: category not in on_order and channel not in staff,
        Titles(region_title, federation.category_title),
    )
