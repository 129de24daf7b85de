"""Reports of one category in one region: a scan of space and time that ends at each new report.

For each radius and each window up to the report the reports, by their weights, are held against what is usual there, by
the log likelihood ratio of a negative binomial. Where the category comes more often than usual in the rest of the
region too, so much more is usual here: a wave over the whole region is no cluster. Reports enter what is usual three
days later, so that an outbreak does not hide itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reflex.loops.emergence.decayed import Decayed
from reflex.loops.emergence.level import Level
from reflex.loops.emergence.profile import Profile
from reflex.loops.emergence.recent import BUCKET_M, WINDOWS_DAYS, Recent, Report, Square, square
from reflex.loops.emergence.settings import Settings

RADII_M = (300.0, 800.0, BUCKET_M)
KEPT_DAYS = WINDOWS_DAYS[-1]
GRIDS_M = (300.0, 1000.0)
PRIOR_DAYS = 14.0
"""For so many days the category's rate in the whole region stands beside what was seen in the place."""
CLUSTERED = 4.0
"""People live in clusters: where somebody reports, so many times the region's mean rate is usual."""
LEAST_PER_DAY = 0.02
LEAST_WINDOW_DAYS = 1e-3
WHOLE = len(RADII_M)
"""Stands for the whole region in place of a radius."""
WHOLE_DISPERSION = 2.0
"""Of a whole region's reports, at least: weather and campaigns make them uneven."""
CLUMP_PRIOR = 10.0
"""Reports without company that stand beside those seen, where it is learnt how much a category clumps."""
LARGEST_CLUMP = 8.0
LARGEST_OF_REGION = 2.0
"""Beside twice what is usual: one storm must not hide the next."""
PLACES = (len(RADII_M) + 1) * len(WINDOWS_DAYS)
"""Radii and the whole region, each with every window."""
LEAST_SQUARE = 0.02


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


class Cluster(NamedTuple):
    """The circle and window in which the reports are most surprising."""

    llr: float
    ring: int
    """Which of the radii, or WHOLE."""
    days: float
    reports: float
    """Their weights."""
    expected: float
    per_day: float
    """Reports a day that are usual in the circle."""


NOTHING = Cluster(0.0, 0, 0.0, 0.0, 0.0, 0.0)


class Surroundings(NamedTuple):
    """Of the region: when its reports come, how many come lately, how many square metres of it are lived in, and by how
    many days its clocks are ahead of UTC."""

    profile: Profile
    level: Level
    area_m2: float
    ahead: float

    def even_days(self, since: float, until: float) -> float:
        """How many even days a time weighs as much as."""
        return max(self.profile.days(since + self.ahead, until + self.ahead), LEAST_WINDOW_DAYS)

    def times(
        self, t: float, tau: float, totals: Sequence[float], per_day: float, weighs: Sequence[float]
    ) -> list[float]:  # fmt: skip
        """By how much more than usual other categories come in each window; 1.0 before that is known. `totals` are the
        reports of the one, `per_day` how many are usual, `weighs` the even days of the windows."""
        known = 0.0 if self.level.began is None else known_days(t, self.level.began, tau)
        if known < PRIOR_DAYS:
            return [1.0] * len(totals)
        others = self.level.total.at(t, tau) / known - per_day
        return self.level.times(t, totals, [others * one for one in weighs])


@dataclass(slots=True)
class Stream:
    """`began` is when the first report of the category in the region came."""

    began: float
    recent: Recent = field(default_factory=Recent)
    """Of the last three days."""
    company: dict[str, list[float]] = field(default_factory=dict)
    """For recent reports: how many more than usual were with them, by radius and window; of the whole region also how
    many fewer."""
    total: Decayed = field(default_factory=lambda: Decayed(0.0, 0.0))
    grids: tuple[dict[Square, Decayed], ...] = field(default_factory=lambda: ({}, {}))
    clumps: list[float] = field(default_factory=lambda: [0.0] * PLACES)
    """What `company` came to, decayed like `total` and up to the same time."""

    def add(self, report: Report, tau: float) -> bool:
        """Take a report; whether older ones entered what is usual."""
        aged = self.age(report.t, tau)
        self.recent.keep(self.recent.weigh(report))
        return aged

    def age(self, now: float, tau: float) -> bool:
        """Let reports older than three days enter what is usual; whether there were any."""
        old = self.recent.drop(now - KEPT_DAYS)
        for one in old:
            fall = math.exp((self.total.t - one.t) / tau)
            more = self.company.pop(one.case_id, None)
            self.clumps = [
                clump * fall + (more[n] * one.weight if more else 0.0) for n, clump in enumerate(self.clumps)
            ]
            self.total.add(one.t, tau, one.weight)
            for grid, side in zip(self.grids, GRIDS_M, strict=True):
                grid.setdefault(square(one, side), Decayed(0.0, one.t)).add(one.t, tau, one.weight)
        return bool(old)

    def scan(self, around: Surroundings, settings: Settings) -> Cluster:
        """What is most surprising around the report that was added last."""
        report, least, tau = self.recent.reports[-1], settings.min_reports, settings.tau_days
        t = report.t
        if len(self.recent.reports) < least:
            return NOTHING
        counts = self._counts(report)
        weighs = [around.even_days(t - days, t) for days in WINDOWS_DAYS]
        totals = [self.recent.weight_since(t - days) for days in WINDOWS_DAYS]
        known = known_days(t, self.began, tau)
        weight = self.total.at(t, tau)
        region_rate = max(weight / max(known, PRIOR_DAYS), LEAST_PER_DAY)
        part = math.exp((self.total.t - t) / tau) / (weight + CLUMP_PRIOR)
        clumps = [clump * part for clump in self.clumps]
        company = self.company[report.case_id] = [0.0] * PLACES
        # Where all categories come as never before, so much more of this one is usual, and how much more is not known.
        times = around.times(t, tau, totals, region_rate, weighs)
        best = _whole(totals, [region_rate * one for one in weighs], region_rate, clumps, times)
        # Before, the region's rate is not known well enough to say what is more than usual.
        if known >= PRIOR_DAYS:
            company[WHOLE * len(WINDOWS_DAYS) :] = [
                min(count - report.weight - region_rate * one, region_rate * one + LARGEST_OF_REGION)
                for count, one in zip(totals, weighs, strict=True)
            ]
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
                expected, n = rate * weighs[i] * max(times[i], outside), k * len(WINDOWS_DAYS) + i
                company[n] = min(max(count - report.weight - expected, 0.0), LARGEST_CLUMP)
                dispersion = settings.dispersion + settings.clumping * clumps[n] + times[i] - 1
                llr = log_ratio(count, expected, dispersion)
                if llr > best.llr:
                    best = Cluster(llr, k, days, count, expected, rate)
        return best

    def _counts(self, report: Report) -> list[list[float]]:
        """Weights of reports within each radius in each window, that of the report itself among them."""
        t, x, y = report.t, report.x, report.y
        small, middle, large = (radius * radius for radius in RADII_M)
        short, day, _ = WINDOWS_DAYS
        found = [[0.0, 0.0, 0.0] for _ in RADII_M]
        for one in self.recent.around(x, y):
            squared = (one.x - x) ** 2 + (one.y - y) ** 2
            if squared <= large:
                age = t - one.t
                within = 0 if squared <= small else 1 if squared <= middle else 2
                found[within][0 if age <= short else 1 if age <= day else 2] += one.weight
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
        column, row = square(report, GRIDS_M[grid])
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
            for one in [one for one, found in grid.items() if found.at(now, tau) < LEAST_SQUARE]:
                del grid[one]
        return not self.recent.reports and not self.grids[0]

    def recent_body(self) -> dict[str, Any]:
        return {"began": self.began, "recent": [list(one) for one in self.recent.reports], "company": self.company}

    def usual_body(self) -> dict[str, Any]:
        grids = [[[a, b, one.weight, one.t] for (a, b), one in grid.items()] for grid in self.grids]
        return {"total": [self.total.weight, self.total.t], "clumps": self.clumps, "grids": grids}

    @classmethod
    def of(cls, recent: Mapping[str, Any], usual: Mapping[str, Any] | None) -> Stream:
        """Also one that was kept without weights, and without company in the whole region."""
        found = cls(recent["began"])
        found.company = {case: _all_places(more) for case, more in recent["company"].items()}
        if usual is not None:
            found.total, found.clumps = Decayed(*usual["total"]), _all_places(usual["clumps"])
            found.grids = tuple({(a, b): Decayed(w, t) for a, b, w, t in grid} for grid in usual["grids"])
        for one in recent["recent"]:
            found.recent.keep(Report(*one))
        return found


def known_days(t: float, began: float, tau: float) -> float:
    """How many days what is usual is learnt from, as they weigh: reports enter it after three days."""
    return tau * (1 - math.exp(-max(t - KEPT_DAYS - began, 0.0) / tau))


def _all_places(company: Sequence[float]) -> list[float]:
    return [*company, *[0.0] * (PLACES - len(company))]


def _whole(
    totals: Sequence[float], usual: Sequence[float], rate: float, clumps: Sequence[float], times: Sequence[float]
) -> Cluster:
    """The region as one place. Its dispersion is what was seen of its category: at a report the others are as many more
    than usual as the variance is times the mean, less one. `times`: by how much more of all categories come."""
    best = NOTHING
    for i, (days, count, even) in enumerate(zip(WINDOWS_DAYS, totals, usual, strict=True)):
        dispersion = max(WHOLE_DISPERSION, 1 + clumps[WHOLE * len(WINDOWS_DAYS) + i]) + times[i] - 1
        expected = even * times[i]
        llr = log_ratio(count, expected, dispersion)
        if llr > best.llr:
            best = Cluster(llr, WHOLE, days, count, expected, rate)
    return best


def log_ratio(count: float, expected: float, dispersion: float) -> float:
    """Of a negative binomial: how much better a raised mean explains a count; 0 where it is no more than expected."""
    if count <= expected:
        return 0.0
    size = expected / (dispersion - 1)
    return count * math.log(count / expected) - (count + size) * math.log((count + size) / (expected + size))
