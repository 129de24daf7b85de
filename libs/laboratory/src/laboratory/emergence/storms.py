"""The log's own storms: a day on which a category brings many times what it did in the weeks before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from laboratory.logged_case import LoggedCase

LEAST_CASES, TIMES, BEFORE_DAYS, APART_DAYS = 50, 8.0, 28, 14
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Storm:
    """Its first day, by the federation's clocks."""

    category: str
    day: date
    cases: int


def storms(cases: Sequence[LoggedCase], zone: ZoneInfo) -> list[Storm]:
    """Days with fifty cases of a category or more, and eight times as many as a day of the four weeks before."""
    if not cases:
        return []
    counts: dict[str, Counter[date]] = {}
    for case in cases:
        if case.cell is not None:
            counts.setdefault(case.cell[0], Counter())[case.opened_at.astimezone(zone).date()] += 1
    first = cases[0].opened_at.astimezone(zone).date() + BEFORE_DAYS * DAY
    found: list[Storm] = []
    for category, days in sorted(counts.items()):
        last: date | None = None
        for day, count in sorted(days.items()):
            usual = sum(days[day - n * DAY] for n in range(1, BEFORE_DAYS + 1)) / BEFORE_DAYS
            if day >= first and count >= LEAST_CASES and count >= TIMES * max(usual, 1.0):
                if last is None or day - last > APART_DAYS * DAY:
                    found.append(Storm(category, day, count))
                last = day
    return found
