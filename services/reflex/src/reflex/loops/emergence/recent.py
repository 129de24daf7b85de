"""Reports of one category in one region of the last days, and how much each of them counts.

One person often makes many reports at once: on a walk, in one call, the same one twice. A report that comes soon after
another near by on the same channel counts by the minutes between them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WINDOWS_DAYS = (0.25, 1.0, 3.0)
"""Times up to a report in which others are counted."""
BUCKET_M = 2000.0
SOON_DAYS, NEAR_M = 5 / 1440, 500.0
PARTS = 16
"""Weights are multiples of one part: their sums are the same in whatever order they are made."""
LEAST_WEIGHT = 0.25
AROUND = tuple((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1))

Square = tuple[int, int]


class Report(NamedTuple):
    """`t` in days since 1970, `x` and `y` in metres. `weight` is how much it counts; 1.0 by itself."""

    t: float
    x: float
    y: float
    case_id: str
    channel: str = ""
    weight: float = 1.0


def square(report: Report, side: float) -> Square:
    return int(report.x // side), int(report.y // side)


@dataclass(slots=True)
class Recent:
    """Oldest first."""

    reports: list[Report] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)
    _sums: list[float] = field(default_factory=lambda: [0.0])
    """Of weights, before each report and after the last."""
    _buckets: dict[Square, list[Report]] = field(default_factory=dict)

    def weigh(self, report: Report) -> Report:
        """The report with its weight beside those that came before it."""
        for one in reversed(self.reports):
            gap = report.t - one.t
            if gap >= SOON_DAYS:
                break
            if one.channel == report.channel and (one.x - report.x) ** 2 + (one.y - report.y) ** 2 <= NEAR_M * NEAR_M:
                return report._replace(weight=max(LEAST_WEIGHT, round(gap / SOON_DAYS * PARTS) / PARTS))
        return report

    def keep(self, report: Report) -> None:
        self.reports.append(report)
        self._times.append(report.t)
        self._sums.append(self._sums[-1] + report.weight)
        self._buckets.setdefault(square(report, BUCKET_M), []).append(report)

    def drop(self, before: float) -> Sequence[Report]:
        """Take out those from before a time."""
        old = bisect_left(self._times, before)
        if not old:
            return ()
        gone = self.reports[:old]
        for one in gone:
            bucket = self._buckets[square(one, BUCKET_M)]
            bucket.pop(0)
            if not bucket:
                del self._buckets[square(one, BUCKET_M)]
        del self.reports[:old], self._times[:old], self._sums[:old]
        return gone

    def weight_since(self, t: float) -> float:
        return self._sums[-1] - self._sums[bisect_left(self._times, t)]

    def since(self, t: float) -> list[Report]:
        return self.reports[bisect_left(self._times, t) :]

    def near(self, x: float, y: float, radius_m: float, since: float) -> list[Report]:
        """Those since a time, within a radius of at most BUCKET_M."""
        found = (
            one for one in self.around(x, y)
            if one.t >= since and (one.x - x) ** 2 + (one.y - y) ** 2 <= radius_m * radius_m
        )  # fmt: skip
        return sorted(found)

    def around(self, x: float, y: float) -> Iterable[Report]:
        """All within BUCKET_M, and some beyond."""
        column, row = int(x // BUCKET_M), int(y // BUCKET_M)
        for a, b in AROUND:
            yield from self._buckets.get((column + a, row + b), ())
