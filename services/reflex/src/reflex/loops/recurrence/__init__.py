"""Orders prevention where the same problem comes again at one place after its repairs."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from reflex.loop import LoopContext
from reflex.loops.recurrence.loop import RecurrenceLoop
from reflex.loops.recurrence.settings import Settings


def build(context: LoopContext) -> RecurrenceLoop:
    """The loop over a federation's categories, people and zones."""
    federation = context.federation

    @cache
    def zone(region: str) -> ZoneInfo:
        return ZoneInfo(federation.zone(region))

    def day_of(region: str, moment: datetime) -> date:
        return moment.astimezone(zone(region)).date()

    on_order = frozenset(category.code for category in federation.categories if category.on_order)
    return RecurrenceLoop(
        lambda now: context.settings(Settings, RecurrenceLoop.name, now), day_of, on_order.__contains__, federation
    )
