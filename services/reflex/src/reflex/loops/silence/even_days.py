"""Days of a region made alike, so that they can be held against each other: by day of the week, and without storms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

Counts = Sequence[int]
"""Cases of a day, by quarter."""
PRIOR_DAYS = 2.0
"""Days that brought as much as like days do, which stand beside those seen of a day of the week."""
BUSY_TIMES, BUSY_MORE = 2.0, 3.0
"""A day counts for so many times the middle one, and a few cases more, at most: a storm or a campaign is not usual."""


class Week:
    """How much of what like days bring comes on each day of the week, all channels of a region together."""

    def __init__(self, like: Mapping[bool, Sequence[tuple[date, int]]]) -> None:
        """`like` are cases of working days (True) and of free ones."""
        self._weights: dict[tuple[bool, int], float] = {}
        for kind, days in like.items():
            most = _most([count for _, count in days])
            counts = [(day.weekday(), min(count, most)) for day, count in days]
            mean = math.fsum(count for _, count in counts) / max(len(counts), 1)
            for weekday in {one for one, _ in counts} if mean > 0 else ():
                came = [count for one, count in counts if one == weekday]
                prior = PRIOR_DAYS * mean
                self._weights[kind, weekday] = (math.fsum(came) + prior) / (len(came) * mean + prior)

    def weight(self, day: date, kind: bool) -> float:
        """Cases of the day over those of like days; `kind` is whether it is a working day."""
        return self._weights.get((kind, day.weekday()), 1.0)


def evened(days: Sequence[tuple[date, Counts]], kind: bool, week: Week) -> list[list[float]]:
    """Counts of like days as if each were an even day of the week, and a busy one as many as count."""
    weights = [week.weight(day, kind) for day, _ in days]
    totals = [sum(counts) / weight for (_, counts), weight in zip(days, weights, strict=True)]
    most = _most(totals)
    return [
        [count / weight * min(1.0, most / max(total, 1.0)) for count in counts]
        for (_, counts), weight, total in zip(days, weights, totals, strict=True)
    ]


def _most(counts: Sequence[float]) -> float:
    """Cases of one day that count."""
    return BUSY_TIMES * sorted(counts)[len(counts) // 2] + BUSY_MORE if counts else 0.0
