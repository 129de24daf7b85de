"""How the forecasts of the last weeks turned out: how many intervals held, and how far off they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import add
from typing import Any

from common.contracts.events.reflex.forecasts import HorizonScore

from reflex.loops.prediction.days import DAY

SCORED_AHEAD = (1, 7, 14)
"""Of each forecast the first day, the last of its first week and its last are scored."""


@dataclass(slots=True)
class Scores:
    """By day, then by kind of series and days ahead: forecasts, held, sum of absolute errors, and the same sum for who
    says the count of last week's same day."""

    days: dict[date, dict[str, list[float]]] = field(default_factory=dict)

    def begin(self, day: date, keep_days: int) -> None:
        self.days = {d: found for d, found in self.days.items() if d > day - keep_days * DAY}
        self.days[day] = {}

    def add(self, what: str, ahead: int, held: bool, error: float, naive_error: float) -> None:
        """One forecast for the day that was begun last."""
        sums = self.days[max(self.days)].setdefault(f"{what}|{ahead}", [0, 0, 0, 0])
        for place, value in enumerate((1, int(held), error, naive_error)):
            sums[place] += value

    def horizons(self) -> list[HorizonScore]:
        sums: dict[str, list[float]] = {}
        for found in self.days.values():
            for key, values in found.items():
                whole = sums.get(key)
                sums[key] = list(values) if whole is None else list(map(add, whole, values))
        return [
            HorizonScore(
                what=key.split("|")[0], days_ahead=int(key.split("|")[1]), forecasts=int(n), held=int(held),
                error=error, naive_error=naive,
            )
            for key, (n, held, error, naive) in sorted(sums.items())
        ]  # fmt: skip

    def body(self) -> dict[str, Any]:
        return {day.isoformat(): found for day, found in self.days.items()}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Scores:
        return cls({date.fromisoformat(day): {k: list(v) for k, v in found.items()} for day, found in body.items()})
