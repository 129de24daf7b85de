"""The log's own storms: a day on which a category brings many times what it did in the weeks before, and not all do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from laboratory.logged_case import LoggedCase

LEAST_CASES, TIMES, BEFORE_DAYS, APART_DAYS = 50, 8.0, 28, 14
OF_OTHERS = 4.0
"""Where the other categories together bring so many times as much, it is the log that begins anew."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Storm:
    """Its first day, by the federation's clocks."""

    category: str
    day: date
    cases: int


def storms(cases: Sequence[LoggedCase], zone: ZoneInfo) -> list[Storm]:
    """Days with fifty cases of a category or more, and eight times as many as a day of the four weeks before, where the
    others bring less than four times as many."""
    if not cases:
        return []
    counts: dict[str, Counter[date]] = {}
    together: Counter[date] = Counter()
    for case in cases:
        if case.cell is not None:
            day = case.opened_at.astimezone(zone).date()
            counts.setdefault(case.cell[0], Counter())[day] += 1
            together[day] += 1
    first = cases[0].opened_at.astimezone(zone).date() + BEFORE_DAYS * DAY
    found: list[Storm] = []
    for category, days in sorted(counts.items()):
        last: date | None = None
        for day, count in sorted(days.items()):
            if day < first or count < LEAST_CASES or count < TIMES * max(_usual(days, day), 1.0):
                continue
            if together[day] - count < OF_OTHERS * max(_usual(together, day) - _usual(days, day), 1.0):
                if last is None or day - last > APART_DAYS * DAY:
                    found.append(Storm(category, day, count))
                last = day
    return found


def _usual(days: Counter[date], day: date) -> float:
    """Cases a day in the weeks before."""
    return sum(days[day - n * DAY] for n in range(1, BEFORE_DAYS + 1)) / BEFORE_DAYS
