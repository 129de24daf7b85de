"""When in the week the reports of a region come, by the hour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOURS = 168
PRIOR = 4.0
"""Reports by which each hour is like all others at the beginning."""
MEMORY_DAYS = 56.0


@dataclass(slots=True)
class Profile:
    """Times are days of local time since 1970, a fraction of one the time of day."""

    counts: list[float] = field(default_factory=lambda: [PRIOR] * HOURS)
    day: int = -1
    """The day up to which it is summed."""
    _sums: list[float] = field(default_factory=list)
    """Before each hour of the week, relative to an even week, in days; made once a day."""

    def add(self, t: float) -> None:
        if int(t) != self.day:
            self._turn(int(t))
        self.counts[int(t * 24) % HOURS] += 1.0

    def _turn(self, day: int) -> None:
        """A new day: what is older weighs less, and sums are made for the day."""
        if self.day >= 0:
            fall = math.exp(-max(0, day - self.day) / MEMORY_DAYS)
            self.counts = [PRIOR + (count - PRIOR) * fall for count in self.counts]
        self.day = day
        self._sum()

    def _sum(self) -> None:
        smooth = [
            self.counts[hour - 1] + 2 * self.counts[hour] + self.counts[(hour + 1) % HOURS] for hour in range(HOURS)
        ]
        even, total, sums = sum(smooth) / HOURS, 0.0, [0.0]
        for one in smooth:
            total += one / even / 24
            sums.append(total)
        self._sums = sums

    def days(self, since: float, until: float) -> float:
        """How many even days a time weighs as much as: a night less than an eighth of a day and so on."""
        if not self._sums:
            self._sum()
        return self._before(until) - self._before(since)

    def _before(self, t: float) -> float:
        weeks, hours = divmod(t * 24, HOURS)
        hour = int(hours)
        return weeks * 7 + self._sums[hour] + (hours - hour) * (self._sums[hour + 1] - self._sums[hour])

    def body(self) -> dict[str, Any]:
        return {"counts": self.counts, "day": self.day, "sums": self._sums}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Profile:
        return cls(list(body["counts"]), body["day"], list(body["sums"]))
