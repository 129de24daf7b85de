"""Time as an input."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from common.contracts.events.base import Actor, Event, Instant

RECORDS_AHEAD = timedelta(days=1)
"""How far records may be ahead of their tick: a replay tells what happened in an interval before its tick. Only a
wrong clock dates one further ahead."""


class TimePassed(Event):
    """A tick: the interval (since, until] is over. Nothing earlier than `until` will be told later."""

    type: ClassVar[str] = "clock.time.passed.v1"
    signed: ClassVar[bool] = True

    since: Instant
    until: Instant


class TimeAsked(Event):
    """The clock asks the broker for its time, which is that of this record; before it ticks."""

    type: ClassVar[str] = "clock.time.asked.v1"

    at: Instant
    """By the clock's own machine."""


class TimeCorrected(Event):
    """The ticks after `until` were wrong, up to the one that ended at `wrong_until`: what they did is taken back.

    An operator says so, on the clock's own topic, so that it stands in one order with the ticks before and after it.
    """

    type: ClassVar[str] = "clock.time.corrected.v1"
    signed: ClassVar[bool] = True

    wrong_until: Instant
    """End of the last tick that was heard."""
    until: Instant
    """What time it really was: as if the last right tick had ended here."""
    reason: str = Field(min_length=1, max_length=1_000)
    actor: Actor
