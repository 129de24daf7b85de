"""Categories of one region that are not forecast by themselves. Which ones shall be is looked at seldom, so they learn
of many days at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from reflex.loops.prediction.day_counts import Cells
from reflex.loops.prediction.series import Keeps, Series

Mix = dict[str, float]
"""Cases of a category by area, forgotten as the profile of the week is."""


class DayToLearn(NamedTuple):
    """What is needed to learn of a day later, but for its cases."""

    kind: int
    keeps: Keeps
    profile: list[float]
    """Of the region, this day included."""
    weight: float
    kind_days: list[float]
    """Of the region's total: what a category starts with that came on this day for the first time."""


@dataclass(slots=True)
class Resting:
    """By category; `behind` are the days that none of them has learnt of yet."""

    series: dict[str, Series] = field(default_factory=dict)
    mix: dict[str, Mix] = field(default_factory=dict)
    behind: dict[date, DayToLearn] = field(default_factory=dict)

    def catch_up(self, days: Mapping[date, Cells], singles: Collection[str]) -> list[date]:
        """Learn of all days behind; returns those. `singles` are the categories that are forecast by themselves."""
        for day, about in self.behind.items():
            cells = {c: areas for c, areas in days.get(day, {}).items() if c not in singles}
            for category in cells:
                if category not in self.series:
                    self.series[category] = Series(weight=about.weight, kind_days=list(about.kind_days))
            for category, one in self.series.items():
                areas = cells.get(category)
                one.learn(sum(areas.values()) if areas else 0, about.kind, about.keeps, about.profile)
            fade(self.mix, about.keeps.profile)
            for category, areas in cells.items():
                add_to(self.mix.setdefault(category, {}), areas)
        caught, self.behind = list(self.behind), {}
        return caught

    def body(self) -> dict[str, Any]:
        """The state without the days behind, which are kept one by one."""
        return {"series": {category: one.body() for category, one in self.series.items()}, "mix": self.mix}

    def load(self, body: Mapping[str, Any]) -> None:
        self.series = {category: Series.of(values) for category, values in body["series"].items()}
        self.mix = {category: dict(areas) for category, areas in body["mix"].items()}

    def day_body(self, day: date) -> dict[str, Any] | None:
        about = self.behind.get(day)
        if about is None:
            return None
        return {"day": [about.kind, list(about.keeps), about.profile, about.weight, about.kind_days]}

    def load_day(self, day: date, body: Mapping[str, Any]) -> None:
        kind, keeps, profile, weight, kind_days = body["day"]
        self.behind[day] = DayToLearn(kind, Keeps(*keeps), profile, weight, kind_days)


def fade(mix: Mapping[str, Mix], kept: float) -> None:
    """A day passes."""
    for areas in mix.values():
        for area in areas:
            areas[area] *= kept


def add_to(mix: Mix, areas: Mapping[str, int]) -> None:
    """Cases of a day by area."""
    for area, count in areas.items():
        mix[area] = mix.get(area, 0.0) + count
