"""Time as an input."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from common.events.base import Event, Instant


class TimePassed(Event):
    """A tick: the interval (since, until] is over. Nothing earlier than `until` will be told later."""

    type: ClassVar[str] = "clock.time.passed.v1"

    since: Instant
    until: Instant

    @model_validator(mode="after")
    def _forward(self) -> TimePassed:
        if self.until < self.since:
            raise ValueError(f"a tick must not go back: since {self.since}, until {self.until}")
        return self
