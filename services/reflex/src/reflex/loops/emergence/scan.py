"""Reports of one category in one region: a scan of space and time that ends at each new report.

For each radius and each window up to the report the count is held against what is usual there, by the log likelihood
ratio of a negative binomial. Where the category comes more often than usual in the rest of the region too, so much more
is usual here: a wave over the whole region is no cluster. Reports enter what is usual three days later, so that an
outbreak does not hide itself.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reflex.loops.emergence.profile import Profile
from reflex.loops.emergence.settings import Settings

RADII_M = (300.0, 800.0, 2000.0)
WINDOWS_DAYS = (0.25, 1.0, 3.0)
KEPT_DAYS = WINDOWS_DAYS[-1]
GRIDS_M = (300.0, 1000.0)
BUCKET_M = RADII_M[-1]
PRIOR_DAYS = 14.0
"""For so many days the category's rate in the whole region stands beside what was seen in the place."""
CLUSTERED = 4.0
"""People live in clusters: where somebody reports, so many times the region's mean rate is usual."""
LEAST_PER_DAY = 0.02
LEAST_WINDOW_DAYS = 1e-3
WHOLE = len(RADII_M)
"""Stands for the whole region in place of a radius."""
WHOLE_DISPERSION = 2.0
"""Of a whole region's reports: weather and campaigns make them uneven."""
CLUMP_PRIOR = 10.0
"""Reports without company that stand beside those seen, where it is learnt how much a category clumps."""
LARGEST_CLUMP = 8.0
LEAST_SQUARE = 0.02
AROUND = tuple((a, b) for a in (-1, 0, 1) for b in (-1, 0, 1))

Square = tuple[int, int]


class Ring(NamedTuple):
    """The squares of one grid that stand for a circle, and the circle's area over theirs."""

    grid: int
    offsets: tuple[Square, ...]
    share: float


def _ring(radius: float, grid: int) -> Ring:
    side = GRIDS_M[grid]
    reach = int(radius // side)
    both = range(-reach, reach + 1)
    offsets = tuple((a, b) for a in both for b in both if math.hypot(a, b) * side <= radius)
    return Ring(grid, offsets, math.pi * radius * radius / (len(offsets) * side * side))


RINGS = (_ring(RADII_M[0], 0), _ring(RADII_M[1], 0), _ring(RADII_M[2], 1))


class Report(NamedTuple):
    """`t` in days since 1970, `x` and `y` in metres."""

    t: float
    x: float
    y: float
    case_id: str


class Cluster(NamedTuple):
    """The circle and window in which the reports are most surprising."""

    llr: float
    ring: int
    """Which of the radii, or WHOLE."""
    days: float
    reports: int
    expected: float
    per_day: float
    """Reports a day that are usual in the circle."""


NOTHING = Cluster(0.0, 0, 0.0, 0, 0.0, 0.0)


class Surroundings(NamedTuple):
    """Of the region: when its reports come, how many square metres of it are lived in, and by how many days its clocks
    are ahead of UTC."""

    profile: Profile
    area_m2: float
    ahead: float

    def even_days(self, since: float, until: float) -> float:
        """How many even days a time weighs as much as."""
        return max(self.profile.days(since + self.ahead, until + self.ahead), LEAST_WINDOW_DAYS)


@dataclass(slots=True)
class Decayed:
    """A sum whose parts weigh less the older they are."""

    weight: float
    t: float

    def at(self, t: float, tau: float) -> float:
        return self.weight * math.exp((self.t - t) / tau)

    def add(self, t: float, tau: float) -> None:
        self.weight, self.t = self.at(t, tau) + 1.0, t


@dataclass(slots=True)
class Stream:
    """`began` is when the first report of the category in the region came."""

    began: float
    recent: list[Report] = field(default_factory=list)
    """Of the last three days, oldest first."""
    company: dict[str, list[float]] = field(default_factory=dict)
    """For recent reports that were in a clump: how many more than usual were with them, by radius and window."""
    total: Decayed = field(default_factory=lambda: Decayed(0.0, 0.0))
    grids: tuple[dict[Square, Decayed], ...] = field(default_factory=lambda: ({}, {}))
    clumps: list[float] = field(default_factory=lambda: [0.0] * (len(RADII_M) * len(WINDOWS_DAYS)))
    """What `company` came to, decayed like `total` and up to the same time."""
    _times: list[float] = field(default_factory=list)
    _buckets: dict[Square, list[Report]] = field(default_factory=dict)

    def add(self, report: Report, tau: float) -> bool:
        """Take a report; whether older ones entered what is usual."""
        aged = self.age(report.t, tau)
        self._keep(report)
        return aged

    def _keep(self, report: Report) -> None:
        self.recent.append(report)
        self._times.append(report.t)
        self._buckets.setdefault(_square(report, BUCKET_M), []).append(report)

    def age(self, now: float, tau: float) -> bool:
        """Let reports older than three days enter what is usual; whether there were any."""
        old = bisect_left(self._times, now - KEPT_DAYS)
        if not old:
            return False
        for one in self.recent[:old]:
            fall = math.exp((self.total.t - one.t) / tau)
            more = self.company.pop(one.case_id, None)
            self.clumps = [clump * fall + (more[n] if more else 0.0) for n, clump in enumerate(self.clumps)]
            self.total.add(one.t, tau)
            for grid, side in zip(self.grids, GRIDS_M, strict=True):
                grid.setdefault(_square(one, side), Decayed(0.0, one.t)).add(one.t, tau)
            bucket = self._buckets[_square(one, BUCKET_M)]
            bucket.pop(0)
            if not bucket:
                del self._buckets[_square(one, BUCKET_M)]
        del self.recent[:old], self._times[:old]
        return True

    def since(self, t: float) -> list[Report]:
        """Reports of the whole region since a time, of the last three days; oldest first."""
        return self.recent[bisect_left(self._times, t) :]

    def near(self, x: float, y: float, radius_m: float, since: float) -> list[Report]:
        """Reports since a time, of the last three days, within a radius of at most two kilometres; oldest first."""
        column, row = int(x // BUCKET_M), int(y // BUCKET_M)
        buckets = (self._buckets.get((column + a, row + b), ()) for a, b in AROUND)
        found = (
            one for bucket in buckets for one in bucket
            if one.t >= since and (one.x - x) ** 2 + (one.y - y) ** 2 <= radius_m * radius_m
        )  # fmt: skip
        return sorted(found)

    def scan(self, report: Report, around: Surroundings, settings: Settings) -> Cluster:
        """What is most surprising around a report that was added last."""
        t, least, tau = report.t, settings.min_reports, settings.tau_days
        if len(self._times) < least:
            return NOTHING
        counts = self._counts(report)
        weighs = [around.even_days(t - days, t) for days in WINDOWS_DAYS]
        totals = [len(self._times) - bisect_left(self._times, t - days) for days in WINDOWS_DAYS]
        known = tau * (1 - math.exp(-max(t - KEPT_DAYS - self.began, 0.0) / tau))
        weight = self.total.at(t, tau)
        region_rate = max(weight / max(known, PRIOR_DAYS), LEAST_PER_DAY)
        fall, seen = math.exp((self.total.t - t) / tau), weight + CLUMP_PRIOR
        best, company = self._whole(totals, weighs, region_rate), [0.0] * len(self.clumps)
        if counts[-1][-1] < least:
            return best
        for k in range(len(RADII_M)):
            if counts[k][-1] < least:
                continue
            rate = self._usual(report, k, region_rate, known, around.area_m2, tau)
            for i, days in enumerate(WINDOWS_DAYS):
                count = counts[k][i]
                if count < least:
                    continue
                # One report that is not there keeps few ones from looking like a wave.
                outside = (totals[i] - count + 1) / (max(region_rate - rate, 0.0) * weighs[i] + 1)
                expected, n = rate * weighs[i] * max(1.0, outside), k * len(WINDOWS_DAYS) + i
                company[n] = min(max(count - 1 - expected, 0.0), LARGEST_CLUMP)
                dispersion = settings.dispersion + settings.clumping * self.clumps[n] * fall / seen
                llr = log_ratio(count, expected, dispersion)
                if llr > best.llr:
                    best = Cluster(llr, k, days, count, expected, rate)
        self.company[report.case_id] = company
        return best

    def _whole(self, totals: Sequence[int], weighs: Sequence[float], region_rate: float) -> Cluster:
        """The region as one place."""
        best = NOTHING
        for days, count, weight in zip(WINDOWS_DAYS, totals, weighs, strict=True):
            expected = region_rate * weight
            llr = log_ratio(count, expected, WHOLE_DISPERSION)
            if llr > best.llr:
                best = Cluster(llr, WHOLE, days, count, expected, region_rate)
        return best

    def _counts(self, report: Report) -> list[list[int]]:
        """Reports within each radius in each window, the report itself counted."""
        t, x, y, _ = report
        small, middle, large = (radius * radius for radius in RADII_M)
        short, day, _ = WINDOWS_DAYS
        found = [[0, 0, 0] for _ in RADII_M]
        column, row = _square(report, BUCKET_M)
        for a, b in AROUND:
            for one in self._buckets.get((column + a, row + b), ()):
                squared = (one.x - x) ** 2 + (one.y - y) ** 2
                if squared <= large:
                    age = t - one.t
                    within = 0 if squared <= small else 1 if squared <= middle else 2
                    found[within][0 if age <= short else 1 if age <= day else 2] += 1
        for ring in found:
            ring[1] += ring[0]
            ring[2] += ring[1]
        for k in (1, 2):
            found[k] = [inner + more for inner, more in zip(found[k - 1], found[k], strict=True)]
        return found

    def _usual(
        self, report: Report, k: int, region_rate: float, known: float, area_m2: float, tau: float
    ) -> float:  # fmt: skip
        """Reports a day that are usual within the k-th radius of a report; `known` are the days that teach it."""
        grid, offsets, share = RINGS[k]
        squares, t = self.grids[grid], report.t
        column, row = _square(report, GRIDS_M[grid])
        seen = 0.0
        for a, b in offsets:
            found = squares.get((column + a, row + b))
            if found is not None:
                seen += found.at(t, tau)
        part = min(1.0, CLUSTERED * math.pi * RADII_M[k] ** 2 / area_m2)
        return (seen * share + PRIOR_DAYS * region_rate * part) / (known + PRIOR_DAYS)

    def forget(self, now: float, tau: float) -> bool:
        """Drop squares that say nothing any more; whether nothing is left at all."""
        for grid in self.grids:
            for square in [square for square, found in grid.items() if found.at(now, tau) < LEAST_SQUARE]:
                del grid[square]
        return not self.recent and not self.grids[0]

    def recent_body(self) -> dict[str, Any]:
        return {"began": self.began, "recent": [list(one) for one in self.recent], "company": self.company}

    def usual_body(self) -> dict[str, Any]:
        grids = [[[a, b, one.weight, one.t] for (a, b), one in grid.items()] for grid in self.grids]
        return {"total": [self.total.weight, self.total.t], "clumps": self.clumps, "grids": grids}

    @classmethod
    def of(cls, recent: Mapping[str, Any], usual: Mapping[str, Any] | None) -> Stream:
        found = cls(recent["began"])
        found.company = {case: list(more) for case, more in recent["company"].items()}
        if usual is not None:
            found.total, found.clumps = Decayed(*usual["total"]), list(usual["clumps"])
            found.grids = tuple({(a, b): Decayed(w, t) for a, b, w, t in grid} for grid in usual["grids"])
        for one in recent["recent"]:
            found._keep(Report(*one))
        return found


def log_ratio(count: int, expected: float, dispersion: float) -> float:
    """Of a negative binomial: how much better a raised mean explains a count; 0 where it is no more than expected."""
    if count <= expected:
        return 0.0
    size = expected / (dispersion - 1)
    return count * math.log(count / expected) - (count + size) * math.log((count + size) / (expected + size))


def _square(report: Report, side: float) -> Square:
    return int(report.x // side), int(report.y // side)
