"""A place: where reports of one category were made within a few metres of each other, and on which days."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reflex.ground import Flat, flat

MEMORY_DAYS = 240
"""Older days count no more."""
MOST_CASES = 20


def place_key(category: str, lat: float, lon: float) -> str:
    return f"place|{category}|{lat:.6f}|{lon:.6f}"


@dataclass(slots=True)
class Place:
    """Days are ordinals of dates, as `date.toordinal` counts."""

    category: str
    lat: float
    lon: float
    """Of the first report."""
    region: str
    area: str
    authority: str
    """Who had the last case that was answered here, or has the last one."""
    days: dict[int, int] = field(default_factory=dict)
    """Cases by the day of their receipt."""
    open: dict[str, int] = field(default_factory=dict)
    """Cases that are not closed yet, each with the day of its receipt or last reopening."""
    cases: dict[str, int] = field(default_factory=dict)
    """The last ones, newest last, each with the day of its receipt."""
    answered: bool = False
    """Whether a case was ever answered here."""
    ordered: int | None = None
    """Day of the last order about it or a place beside it."""
    key: str = field(init=False, repr=False)
    x: float = field(init=False, repr=False)
    y: float = field(init=False, repr=False)
    """Metres on the plane of its degree of latitude."""

    def __post_init__(self) -> None:
        self.key = place_key(self.category, self.lat, self.lon)
        self.x, self.y = flat(self.lat, self.lon)

    @property
    def flat(self) -> Flat:
        return Flat(self.x, self.y)

    def add(self, case_id: str, day: int) -> None:
        self.days[day] = self.days.get(day, 0) + 1
        self.open[case_id] = day
        self.cases[case_id] = day

    def take_back(self, case_id: str) -> None:
        """A case that was none of its own: a duplicate, or no matter for an authority."""
        self.open.pop(case_id, None)
        day = self.cases.pop(case_id, None)
        if day is not None and day in self.days:
            self.days[day] -= 1
            if self.days[day] == 0:
                del self.days[day]

    def score(self, today: int, tau_days: float) -> float:
        """Days up to `today`, each weighed by its age: many reports of one day are one visit."""
        return weighed(self.days, today, tau_days)

    def reaches(self, least: float, today: int, tau_days: float) -> bool:
        """Whether its score is so much: each day weighs at most 1, so most places need no weighing."""
        return len(self.days) >= least and self.score(today, tau_days) >= least

    def days_in(self, first: int, end: int) -> int:
        """Days with reports from `first` on, before `end`."""
        return sum(first <= day < end for day in self.days)

    def known(self) -> set[str]:
        """Cases of which something may be heard yet."""
        return {*self.cases, *self.open}

    def is_stale(self, today: int) -> bool:
        """Whether there is anything to forget."""
        oldest = min(self.days, default=0)
        return today - oldest > MEMORY_DAYS or len(self.cases) > MOST_CASES

    def forget(self, today: int) -> None:
        """Drop what is too old to count, and all but the last cases."""
        old = [day for day in self.days if today - day > MEMORY_DAYS]
        lost = [case for case, day in self.open.items() if today - day > MEMORY_DAYS]
        for day in old:
            del self.days[day]
        for case in lost:
            del self.open[case]
        self.cases = dict(list(self.cases.items())[-MOST_CASES:]) if self.days else {}

    @property
    def is_empty(self) -> bool:
        return not self.days and not self.open

    def body(self) -> dict[str, Any]:
        return {
            "category": self.category, "lat": self.lat, "lon": self.lon, "region": self.region, "area": self.area,
            "authority": self.authority, "days": sorted(self.days.items()), "open": list(self.open.items()),
            "cases": list(self.cases.items()), "answered": self.answered, "ordered": self.ordered,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Place:
        return cls(**{**body, **{name: dict(map(tuple, body[name])) for name in ("days", "open", "cases")}})


def weighed(days: Iterable[int], today: int, tau_days: float) -> float:
    return math.fsum(math.exp((day - today) / tau_days) for day in days if day <= today)
