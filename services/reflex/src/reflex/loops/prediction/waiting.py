"""Forecasts of one region that wait for the days that they are scored on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from reflex.loops.prediction.days import DAY
from reflex.loops.prediction.intervals import Interval
from reflex.loops.prediction.names import Name
from reflex.loops.prediction.scores import SCORED_AHEAD


class Forecast(NamedTuple):
    """Of one series for one day."""

    ahead: int
    """Days to it, that of the first day of a fortnight being 1."""
    name: Name
    interval: Interval


@dataclass(slots=True)
class Waiting:
    """By the first day of the fortnight that was forecast."""

    made: dict[date, list[Forecast]] = field(default_factory=dict)

    def add(self, first: date, name: Name, fortnight: Sequence[Interval]) -> None:
        """A series was forecast for each day of a fortnight, of which some are scored."""
        into = self.made.setdefault(first, [])
        into += [Forecast(ahead, name, fortnight[ahead - 1]) for ahead in SCORED_AHEAD]

    def of(self, day: date) -> Iterator[Forecast]:
        """What was forecast of a day, earlier forecasts first."""
        for ahead in reversed(SCORED_AHEAD):
            for one in self.made.get(day - (ahead - 1) * DAY, ()):
                if one.ahead == ahead:
                    yield one

    def forget(self, day: date) -> list[date]:
        """A day was scored; returns the first days of forecasts of which nothing is scored any more."""
        gone = [first for first in self.made if first + (SCORED_AHEAD[-1] - 1) * DAY <= day]
        for first in gone:
            del self.made[first]
        return gone

    def drop(self, name: Name) -> None:
        """What was forecast of a series is of another one now."""
        self.made = {first: [one for one in found if one.name != name] for first, found in self.made.items()}

    def body(self, first: date) -> dict[str, Any] | None:
        found = self.made.get(first)
        return None if found is None else {"made": [[f.ahead, f.name.text(), *f.interval] for f in found]}

    def load(self, first: date, found: Sequence[Sequence[Any]]) -> None:
        """Take up forecasts as they were saved."""
        self.made[first] = [Forecast(ahead, Name.of(name), Interval(*counts)) for ahead, name, *counts in found]
