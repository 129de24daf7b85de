"""Which day of the week a day is like, by a region's calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

Works = Callable[[date], bool]
"""Whether a day is a working day."""
DAY = timedelta(days=1)
WEEKS_AROUND = (-2, -1, 1)
DAYS_AHEAD = 14


def kind_of(day: date, works: Works) -> int:
    """Its own weekday; for a holiday or a day that is worked in exchange, that of the last day before that is free or
    worked as it is."""
    usually = 2 * sum(works(day + 7 * n * DAY) for n in WEEKS_AROUND) > len(WEEKS_AROUND)
    is_free_or_worked = works(day)
    if is_free_or_worked == usually:
        return day.weekday()
    like = (day - n * DAY for n in range(1, 8))
    return next((d.weekday() for d in like if works(d) == is_free_or_worked), day.weekday())


@dataclass(frozen=True, slots=True)
class Fortnight:
    """The days that are forecast: what each is like, and whether it is worked."""

    first: date
    kinds: tuple[int, ...]
    worked: tuple[bool, ...]

    @classmethod
    def of(cls, first: date, works: Works, kind_in: Callable[[date], int] | None = None) -> Fortnight:
        """`kind_in`: the kind of a day, where it is known already."""
        days = [first + ahead * DAY for ahead in range(DAYS_AHEAD)]
        kinds = map(kind_in, days) if kind_in is not None else (kind_of(day, works) for day in days)
        return cls(first, tuple(kinds), tuple(works(day) for day in days))
