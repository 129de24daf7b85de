"""Proposes limits that fit the time that answers take, and says where the work gets late."""

from __future__ import annotations

from datetime import UTC, datetime

from common.federation.country import FIRST_YEAR
from common.rulebook.release import NATIONAL

from reflex.loop import LoopContext
from reflex.loops.deadline.loop import DeadlineLoop
from reflex.loops.deadline.rows import DeadlineRows
from reflex.loops.deadline.settings import Settings

BEGINNING = datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)
"""In every zone's first year."""


def build(context: LoopContext) -> DeadlineLoop:
    """The loop over a federation's calendars and rulebook."""
    federation = context.federation

    def clock(region: str, at: datetime) -> int:
        return federation.calendar(region).minutes_between(BEGINNING, at)

    def due(layer: str, at: datetime, minutes: int) -> datetime:
        calendar = federation.national_calendar if layer == NATIONAL else federation.calendar(layer)
        return calendar.add(at, minutes)

    def settings(now: datetime) -> Settings:
        return context.settings(Settings, DeadlineLoop.name, now)

    return DeadlineLoop(settings, DeadlineRows(context.book), clock, due)
