"""The arrivals of one region: its series, the forecasts that wait for their day, and how earlier ones turned out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.contracts.events.reflex.forecasts import ForecastSeries, HorizonScore, ScoredSeries

from reflex.loops.prediction.days import DAY, DAYS_AHEAD, Fortnight
from reflex.loops.prediction.intervals import Interval, interval_of
from reflex.loops.prediction.names import AREA, CATEGORY, OTHERS, TOTAL, Name
from reflex.loops.prediction.scores import SCORED_AHEAD, Scores
from reflex.loops.prediction.series import Keeps, Series
from reflex.loops.prediction.settings import Settings

TAIL = 0.05
"""Chance left out at each end of an interval of 90 %."""
TAILS = (0.01, 0.15)
"""What calibration may make of it."""
CHOSEN_FOR_DAYS = 28
"""Which categories are forecast by themselves is chosen anew after so many days."""
STAYS = 0.5
"""A category that is forecast by itself stays so down to this share of what it takes to become so."""
DAYS_BACK = {ahead: 7 * math.ceil(ahead / 7) for ahead in SCORED_AHEAD}
"""By days ahead: days back to the same day of the last week that was known when a forecast was made."""
PRIOR_SHARE_CASES = 20.0
"""The shares of a category's areas are drawn to those of its region as if by so many cases."""

Counts = dict[str, dict[str, int]]
"""Cases of one day by category and area; what had none is not there."""


@dataclass(slots=True)
class Region:
    """`open` is the first day that has not ended; cases of earlier ones come too late."""

    id: str
    open: date
    known: int = 0
    """Whole days learnt from."""
    series: dict[Name, Series] = field(default_factory=dict)
    """The total, every category, every area, and the categories together that are not forecast by themselves."""
    singles: list[str] = field(default_factory=list)
    """Categories that are."""
    chosen_at: int | None = None
    """Days known when these were chosen."""
    mix: dict[str, dict[str, float]] = field(default_factory=dict)
    """Cases by category and area, forgotten as the profile is."""
    tails: dict[str, float] = field(default_factory=dict)
    """By kind of series: the tail that leaves out 5 % at each end in truth."""
    waiting: dict[date, list[tuple[int, Name, Interval]]] = field(default_factory=dict)
    """By the day they are for: how many days ahead, of what, and the interval."""
    scores: Scores = field(default_factory=Scores)
    days: dict[date, Counts] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The state without the days, which are kept one by one."""
        return {
            "id": self.id, "open": self.open.isoformat(), "known": self.known, "singles": self.singles,
            "chosen_at": self.chosen_at,
            "series": {name.text(): one.body() for name, one in self.series.items()},
            "mix": self.mix,
            "tails": self.tails, "scores": self.scores.body(),
            "waiting": {
                day.isoformat(): [[ahead, name.text(), *interval] for ahead, name, interval in found]
                for day, found in self.waiting.items()
            },
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Region:
        return cls(
            body["id"], date.fromisoformat(body["open"]), body["known"],
            {Name.of(name): Series.of(values) for name, values in body["series"].items()},
            list(body["singles"]), body["chosen_at"], {c: dict(areas) for c, areas in body["mix"].items()},
            dict(body["tails"]),
            {
                date.fromisoformat(day): [(f[0], Name.of(f[1]), Interval(*f[2:])) for f in found]
                for day, found in body["waiting"].items()
            },
            Scores.of(body["scores"]),
        )  # fmt: skip

    def count(self, day: date, category: str, area: str) -> bool:
        """One case; false where it comes too late to count."""
        if day < self.open:
            return False
        areas = self.days.setdefault(day, {}).setdefault(category, {})
        areas[area] = areas.get(area, 0) + 1
        return True

    def skip(self, today: date) -> None:
        """Until the end of `today` nothing can be said: time has leapt, and nobody knows what came meanwhile."""
        self.open = max(self.open, today + DAY)
        self.waiting.clear()

    def end_day(self, kind: int, settings: Settings) -> list[ScoredSeries]:
        """Score the forecasts for the first open day, which is of a kind, and learn from it; a score of each series
        that was forecast."""
        day = self.open
        counts = _counts(self.days.get(day, {}))
        scored = self._score(day, counts, settings)
        self._learn(counts, self.days.get(day, {}), kind, settings)
        self.open = day + DAY
        self.known += 1
        return scored

    def _score(self, day: date, counts: Mapping[Name, int], settings: Settings) -> list[ScoredSeries]:
        found, missed = [], dict[str, list[bool]]()
        before = {back: _counts(self.days.get(day - back * DAY, {})) for back in set(DAYS_BACK.values())}
        self.scores.begin(day, settings.scored_days)
        for ahead, name, interval in self.waiting.pop(day, []):
            count, last = self._count_of(name, counts), self._count_of(name, before[DAYS_BACK[ahead]])
            held = interval.holds(count)
            self.scores.add(name.what, ahead, held, abs(count - interval.middle), abs(count - last))
            missed.setdefault(name.what, []).append(not held)
            if ahead == 1:
                found.append(
                    ScoredSeries(
                        what=name.what, name=name.name, count=count, expected=interval.middle, low=interval.low,
                        high=interval.high,
                    )
                )  # fmt: skip
        for what, misses in missed.items():
            step = settings.tail_step * (2 * TAIL - sum(misses) / len(misses)) / 2
            self.tails[what] = min(TAILS[1], max(TAILS[0], self.tails.get(what, TAIL) + step))
        return found

    def _count_of(self, name: Name, counts: Mapping[Name, int]) -> int:
        if name == OTHERS:
            return counts.get(TOTAL, 0) - sum(counts.get(Name(CATEGORY, c), 0) for c in self.singles)
        return counts.get(name, 0)

    def _learn(self, counts: Mapping[Name, int], cells: Counts, kind: int, settings: Settings) -> None:
        total, keeps = self.series.setdefault(TOTAL, Series()), Keeps.of(settings)
        total.learn(counts.get(TOTAL, 0), kind, keeps)
        prior = total.profile()
        for name in counts:
            if name not in self.series:
                self.series[name] = _since(total)
        self.series.setdefault(OTHERS, _since(total))
        for name, one in self.series.items():
            if name != TOTAL:
                one.learn(self._count_of(name, counts), kind, keeps, prior)
        for areas in self.mix.values():
            for area in areas:
                areas[area] *= keeps.profile
        for category, found in cells.items():
            into = self.mix.setdefault(category, {})
            for area, count in found.items():
                into[area] = into.get(area, 0.0) + count

    def forecast(self, days: Fortnight, settings: Settings) -> list[ForecastSeries]:
        """Each series for the fortnight that begins with the first open day, some of its days kept to be scored; empty
        while too few days are known."""
        if self.known < settings.min_days:
            return []
        if self.chosen_at is None or self.known - self.chosen_at >= CHOSEN_FOR_DAYS:
            self._choose(settings)
            self.chosen_at = self.known
        prior, made = self.series[TOTAL].profile(), []
        for name in self._forecast_names(settings):
            one, tail = self.series[name], self.tails.get(name.what, TAIL)
            profile = one.profile() if name == TOTAL else one.profile(prior)
            means = [one.level * profile[kind] for kind in days.kinds]
            found = [interval_of(mean, one.variance(mean, n), tail) for n, mean in enumerate(means, 1)]
            for ahead in SCORED_AHEAD:
                self.waiting.setdefault(self.open + (ahead - 1) * DAY, []).append((ahead, name, found[ahead - 1]))
            made.append(
                ForecastSeries(
                    what=name.what, name=name.name, expected=tuple(round(mean, 2) for mean in means),
                    middle=tuple(i.middle for i in found), low=tuple(i.low for i in found),
                    high=tuple(i.high for i in found),
                    area_shares=self._shares(name.name, settings) if name.what == CATEGORY else {},
                )
            )  # fmt: skip
        return made

    def _forecast_names(self, settings: Settings) -> Iterator[Name]:
        yield TOTAL
        yield from (Name(CATEGORY, category) for category in self.singles)
        yield OTHERS
        yield from (Name(AREA, area) for area in self._areas(settings))

    def _areas(self, settings: Settings) -> list[str]:
        areas = [name for name in self.series if name.what == AREA]
        most = sorted(areas, key=lambda name: (-self.series[name].level, name.name))[: settings.areas]
        return sorted(name.name for name in most)

    def _choose(self, settings: Settings) -> None:
        """Which categories are forecast by themselves; what one leaves or enters, the others together lose or gain."""
        levels = {name.name: one.level for name, one in self.series.items() if name.what == CATEGORY}
        able = [c for c, level in levels.items() if level >= settings.min_mean * (STAYS if c in self.singles else 1)]
        ranked = sorted(able, key=lambda c: (-levels[c] / (STAYS if c in self.singles else 1), c))
        chosen = sorted(ranked[: settings.categories])
        others = self.series[OTHERS]
        for category in sorted(set(chosen) - set(self.singles)):
            others.without(self.series[Name(CATEGORY, category)])
        for category in sorted(set(self.singles) - set(chosen)):
            others.with_(self.series[Name(CATEGORY, category)])
        if chosen != self.singles:
            # What was forecast of the others was of other categories.
            for day, found in self.waiting.items():
                self.waiting[day] = [f for f in found if f[1] != OTHERS]
        self.singles = chosen

    def _shares(self, category: str, settings: Settings) -> dict[str, float]:
        """Of the category's cases by area."""
        levels = {area: self.series[Name(AREA, area)].level for area in self._areas(settings)}
        whole = self.series[TOTAL].level
        own = self.mix.get(category, {})
        weight = sum(own.values()) + PRIOR_SHARE_CASES
        if whole <= 0:
            return {}
        shares = {a: (own.get(a, 0.0) + PRIOR_SHARE_CASES * level / whole) / weight for a, level in levels.items()}
        return {area: round(share, 4) for area, share in shares.items()}

    def horizons(self) -> list[HorizonScore]:
        """How all forecasts of the last weeks turned out."""
        return self.scores.horizons()

    def forget(self) -> list[date]:
        """Take out days with which none is compared any more; returns those."""
        gone = [day for day in self.days if day < self.open - (DAYS_AHEAD + 1) * DAY]
        for day in gone:
            del self.days[day]
        return gone


def _since(total: Series) -> Series:
    """A series of which no case came as long as its region is known."""
    return Series(weight=total.weight, kind_days=list(total.kind_days))


def _counts(cells: Counts) -> dict[Name, int]:
    found: dict[Name, int] = {}
    for category, areas in cells.items():
        cases = sum(areas.values())
        found[TOTAL] = found.get(TOTAL, 0) + cases
        found[Name(CATEGORY, category)] = cases
        for area, count in areas.items():
            name = Name(AREA, area)
            found[name] = found.get(name, 0) + count
    return found
