"""Counts by day of one category in one area: what has no centre, and what grows slowly, shows here at night.

Two statistics, each with a threshold of its own: EARS C2 (a day against the seven that ended two days before) and a
CUSUM of a negative binomial whose mean has doubled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BASE_DAYS, GUARD_DAYS = 7, 2
LEAST_DEVIATION = 0.5
MEMORY_DAYS = 56
RAISED = 2.0
FORGET = 0.85
LEAST_MEAN = 0.05


@dataclass(slots=True)
class Series:
    """Days are ordinals of local dates; a day without reports is not there. `began` is the region's first."""

    region: str
    category: str
    area: str
    authority: str
    began: int
    counts: dict[int, int] = field(default_factory=dict)
    cusum: float = 0.0

    @property
    def key(self) -> str:
        return f"series|{self.region}|{self.area}|{self.category}"

    def count(self, day: int) -> None:
        self.counts[day] = self.counts.get(day, 0) + 1

    def usual(self, day: int) -> float:
        """Reports a day, on average of the weeks before."""
        first, end = max(self.began, day - MEMORY_DAYS), day - GUARD_DAYS
        return sum(count for d, count in self.counts.items() if first <= d < end) / max(end - first, 1)

    def ears(self, day: int, times: float) -> float:
        """By how many standard deviations a day lies over those before, where all of the region's categories bring so
        many times as much."""
        first = day - GUARD_DAYS - BASE_DAYS
        base = [self.counts.get(d, 0) for d in range(first, first + BASE_DAYS)]
        mean = sum(base) / BASE_DAYS
        deviation = math.sqrt(sum((count - mean) ** 2 for count in base) / (BASE_DAYS - 1))
        return (self.counts.get(day, 0) / times - mean) / max(deviation, LEAST_DEVIATION)

    def turn(self, day: int, usual: float, times: float, dispersion: float) -> float:
        """The CUSUM after a day that is over."""
        mean = max(usual, LEAST_MEAN)
        size, count = mean / (dispersion - 1), self.counts.get(day, 0) / times
        likelier = count * math.log(RAISED) - (count + size) * math.log((RAISED * mean + size) / (mean + size))
        self.cusum = max(0.0, FORGET * self.cusum + likelier)
        return self.cusum

    def forget(self, day: int) -> bool:
        """Drop counts of long ago; whether there were any."""
        old = [d for d in self.counts if d < day - MEMORY_DAYS]
        for one in old:
            del self.counts[one]
        return bool(old)

    def body(self) -> dict[str, Any]:
        return {
            "region": self.region, "category": self.category, "area": self.area, "authority": self.authority,
            "began": self.began, "counts": sorted(self.counts.items()), "cusum": self.cusum,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Series:
        return cls(**{**body, "counts": dict(map(tuple, body["counts"]))})
