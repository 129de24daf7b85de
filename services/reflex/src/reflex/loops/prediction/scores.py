"""How the forecasts of the last weeks turned out: how many intervals held, and how far off they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import add, sub
from typing import Any

from common.contracts.events.reflex.forecasts import HorizonScore

from reflex.loops.prediction.days import DAY

SCORED_AHEAD = (1, 7, 14)
"""Of each forecast the first day, the last of its first week and its last are scored."""

Sums = dict[str, list[int]]
"""By kind of series and days ahead: forecasts, held, sum of absolute errors, and the same sum for who says the count of
last week's same day."""


@dataclass(slots=True)
class Scores:
    """`whole` is the sum over the days."""

    days: dict[date, Sums] = field(default_factory=dict)
    whole: Sums = field(default_factory=dict)

    def begin(self, day: date, keep_days: int) -> list[date]:
        """What is added from now on is of this day; returns days that are too old, which are taken out."""
        gone = [old for old in self.days if old <= day - keep_days * DAY]
        for old in gone:
            for key, values in self.days.pop(old).items():
                self.whole[key] = list(map(sub, self.whole[key], values))
                if not self.whole[key][0]:
                    del self.whole[key]
        self.days[day] = {}
        return gone

    def add(self, day: date, what: str, ahead: int, held: bool, error: int, naive_error: int) -> None:
        """One forecast for a day that was begun."""
        key, values = f"{what}|{ahead}", (1, int(held), error, naive_error)
        for sums in (self.days[day], self.whole):
            before = sums.get(key)
            sums[key] = list(values) if before is None else list(map(add, before, values))

    def load(self, day: date, sums: Mapping[str, list[int]]) -> None:
        """Take up a saved day."""
        self.days[day] = {key: list(values) for key, values in sums.items()}
        for key, values in sums.items():
            before = self.whole.get(key)
            self.whole[key] = list(values) if before is None else list(map(add, before, values))

    def body(self, day: date) -> dict[str, Any] | None:
        sums = self.days.get(day)
        return None if sums is None else {"sums": sums}

    def horizons(self) -> list[HorizonScore]:
        return [
            HorizonScore(
                what=key.split("|")[0], days_ahead=int(key.split("|")[1]), forecasts=forecasts, held=held, error=error,
                naive_error=naive,
            )
            for key, (forecasts, held, error, naive) in sorted(self.whole.items())
        ]  # fmt: skip
