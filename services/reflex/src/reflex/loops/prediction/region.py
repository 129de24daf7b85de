"""The arrivals of one region: its series, the forecasts that wait for their day, and how earlier ones turned out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from common.contracts.events.reflex.forecasts import ForecastSeries, HorizonScore, ScoredSeries

from reflex.loops.prediction.day_counts import Cells, DayCounts
from reflex.loops.prediction.days import DAY, DAYS_AHEAD, Fortnight
from reflex.loops.prediction.intervals import intervals_of
from reflex.loops.prediction.names import AREA, CATEGORY, OTHERS, TOTAL, Name
from reflex.loops.prediction.resting import DayToLearn, Mix, Resting, add_to, fade
from reflex.loops.prediction.scores import SCORED_AHEAD, Scores
from reflex.loops.prediction.series import Keeps, Series
from reflex.loops.prediction.settings import Settings
from reflex.loops.prediction.waiting import Waiting

TAIL = 0.05
"""Chance left out at each end of an interval of 90 %."""
TAILS = (0.01, 0.15)
"""What calibration may make of it."""
CHOSEN_FOR_DAYS = 28
"""Which categories and areas are forecast by themselves is chosen anew after so many days."""
AREA_MEAN = 0.2
"""Cases a day that an area must have to be forecast: of what comes more seldom an interval says no more than that."""
STAYS = 0.5
"""A category or area that is forecast by itself stays so down to this share of what it takes to become so."""
DAYS_BACK = {ahead: 7 * math.ceil(ahead / 7) for ahead in SCORED_AHEAD}
"""By days ahead: days back to the same day of the last week that was known when a forecast was made."""
PRIOR_SHARE_CASES = 20.0
"""The shares of a category's areas are drawn to those of its region as if by so many cases."""

WHOLE, RESTING, COUNTS, BEHIND, MADE, SCORED = "region", "resting", "day", "behind", "made", "scored"
"""Kinds of saved rows: of the region, and of one of its days."""


@dataclass(slots=True)
class Region:
    """`open` is the first day that has not ended; cases of earlier ones come too late."""

    id: str
    open: date
    known: int = 0
    """Whole days learnt from."""
    series: dict[Name, Series] = field(default_factory=dict)
    """The total, every area, the categories that are forecast by themselves, and the others together."""
    singles: list[str] = field(default_factory=list)
    """Categories that are."""
    areas: list[str] = field(default_factory=list)
    """Areas that are."""
    chosen_at: int | None = None
    """Days known when these were chosen."""
    mix: dict[str, Mix] = field(default_factory=dict)
    """Of these categories."""
    tails: dict[str, float] = field(default_factory=dict)
    """By kind of series: the tail that leaves out 5 % at each end in truth."""
    resting: Resting = field(default_factory=Resting)
    waiting: Waiting = field(default_factory=Waiting)
    scores: Scores = field(default_factory=Scores)
    days: dict[date, Cells] = field(default_factory=dict)
    changed: set[tuple[str, date | None]] = field(default_factory=set)
    """What is to be saved: the kind of its row, and of which day it is."""
    _sums: dict[date, DayCounts] = field(default_factory=dict)

    @classmethod
    def begun(cls, name: str, first: date) -> Region:
        """A region of which nothing is known before a day."""
        found = cls(name, first)
        found.changed |= {(WHOLE, None), (RESTING, None)}
        return found

    def count(self, day: date, category: str, area: str) -> None:
        """One case; nothing where it comes too late to count."""
        if day < self.open:
            return
        areas = self.days.setdefault(day, {}).setdefault(category, {})
        areas[area] = areas.get(area, 0) + 1
        self.changed.add((COUNTS, day))

    def skip(self, today: date) -> None:
        """Until the end of `today` nothing can be said: time has leapt, and nobody knows what came meanwhile."""
        self.open = max(self.open, today + DAY)
        self.changed.add((WHOLE, None))
        self.changed |= {(MADE, first) for first in self.waiting.made}
        self.waiting.made.clear()

    def end_day(self, kind: int, settings: Settings) -> list[ScoredSeries]:
        """Score the forecasts for the first open day, which is of a kind, and learn from it; a score of each series
        that was forecast."""
        day = self.open
        scored = self._score(day, settings)
        self._learn(day, kind, Keeps.of(settings))
        self.open = day + DAY
        self.known += 1
        self.changed.add((WHOLE, None))
        return scored

    def _sum(self, day: date) -> DayCounts:
        """Of a day that is over."""
        found = self._sums.get(day)
        if found is None:
            found = self._sums[day] = DayCounts.of(self.days.get(day, {}))
        return found

    def _score(self, day: date, settings: Settings) -> list[ScoredSeries]:
        found, missed, counts = [], dict[str, list[bool]](), self._sum(day)
        before = {ahead: self._sum(day - back * DAY) for ahead, back in DAYS_BACK.items()}
        self.changed |= {(SCORED, old) for old in self.scores.begin(day, settings.scored_days)}
        for ahead, name, interval in self.waiting.of(day):
            count, last = counts.count(name, self.singles), before[ahead].count(name, self.singles)
            held = interval.holds(count)
            self.scores.add(day, name.what, ahead, held, abs(count - interval.middle), abs(count - last))
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
        if missed:
            self.changed.add((SCORED, day))
        self.changed |= {(MADE, first) for first in self.waiting.forget(day)}
        return found

    def _learn(self, day: date, kind: int, keeps: Keeps) -> None:
        counts, cells = self._sum(day), self.days.get(day, {})
        total = self.series.setdefault(TOTAL, Series())
        total.learn(counts.total, kind, keeps)
        prior = total.profile()
        for name in (OTHERS, *(Name(AREA, area) for area in counts.areas)):
            if name not in self.series:
                # No case came as long as the region is known.
                self.series[name] = Series(weight=total.weight, kind_days=list(total.kind_days))
        for name, one in self.series.items():
            if name != TOTAL:
                one.learn(counts.count(name, self.singles), kind, keeps, prior)
        fade(self.mix, keeps.profile)
        for category in self.singles:
            add_to(self.mix.setdefault(category, {}), cells.get(category, {}))
        self.resting.behind[day] = DayToLearn(kind, keeps, prior, total.weight, list(total.kind_days))
        self.changed.add((BEHIND, day))
        if len(self.resting.behind) >= CHOSEN_FOR_DAYS:
            self._catch_up()

    def _catch_up(self) -> None:
        self.changed |= {(BEHIND, day) for day in self.resting.catch_up(self.days, self.singles)}
        self.changed.add((RESTING, None))

    def forecast(self, days: Fortnight, settings: Settings) -> list[ForecastSeries]:
        """Each series for the fortnight that begins with the first open day, some of its days kept to be scored; empty
        while too few days are known."""
        if self.known < settings.min_days:
            return []
        if self.chosen_at is None or self.known - self.chosen_at >= CHOSEN_FOR_DAYS:
            self._choose(settings)
            self.areas = [
                area
                for area in self._busiest_areas(settings)
                if self.series[Name(AREA, area)].level >= AREA_MEAN * (STAYS if area in self.areas else 1)
            ]
            self.chosen_at = self.known
        prior, made, areas = self.series[TOTAL].profile(), [], self._busiest_areas(settings)
        for name in self._forecast_names():
            one, tail = self.series[name], self.tails.get(name.what, TAIL)
            profile = one.profile() if name == TOTAL else one.profile(prior)
            level = one.level
            means = [level * profile[kind] for kind in days.kinds]
            found = intervals_of(means, one.spread, tail)
            self.waiting.add(self.open, name, found)
            low, middle, high = zip(*found, strict=True)
            made.append(
                ForecastSeries(
                    what=name.what, name=name.name, expected=tuple(round(mean, 2) for mean in means), middle=middle,
                    low=low, high=high, area_shares=self._shares(name.name, areas) if name.what == CATEGORY else {},
                )
            )  # fmt: skip
        self.changed.add((MADE, self.open))
        return made

    def _forecast_names(self) -> Iterator[Name]:
        yield TOTAL
        yield from (Name(CATEGORY, category) for category in self.singles)
        yield OTHERS
        yield from (Name(AREA, area) for area in self.areas)

    def _busiest_areas(self, settings: Settings) -> list[str]:
        areas = [name for name in self.series if name.what == AREA]
        most = sorted(areas, key=lambda name: (-self.series[name].level, name.name))[: settings.areas]
        return sorted(name.name for name in most)

    def _choose(self, settings: Settings) -> None:
        """Which categories are forecast by themselves; what one leaves or enters, the others together lose or gain."""
        self._catch_up()
        levels = {name.name: one.level for name, one in self.series.items() if name.what == CATEGORY}
        levels.update((category, one.level) for category, one in self.resting.series.items())
        able = [c for c, level in levels.items() if level >= settings.min_mean * (STAYS if c in self.singles else 1)]
        ranked = sorted(able, key=lambda c: (-levels[c] / (STAYS if c in self.singles else 1), c))
        chosen, before = sorted(ranked[: settings.categories]), self.singles
        if chosen == before:
            return
        others, resting = self.series[OTHERS], self.resting
        for category in sorted(set(chosen) - set(before)):
            one = self.series[Name(CATEGORY, category)] = resting.series.pop(category)
            others.without(one)
            self.mix[category] = resting.mix.pop(category)
        for category in sorted(set(before) - set(chosen)):
            one = resting.series[category] = self.series.pop(Name(CATEGORY, category))
            others.with_(one)
            resting.mix[category] = self.mix.pop(category)
        # What was forecast of the others was of other categories.
        self.waiting.drop(OTHERS)
        self.changed |= {(MADE, first) for first in self.waiting.made}
        self.singles = chosen

    def _shares(self, category: str, areas: list[str]) -> dict[str, float]:
        """Of the category's cases by area."""
        whole = self.series[TOTAL].level
        if whole <= 0:
            return {}
        own, found = self.mix.get(category, {}), {}
        weight = sum(own.values()) + PRIOR_SHARE_CASES
        for area in areas:
            level = self.series[Name(AREA, area)].level
            found[area] = round((own.get(area, 0.0) + PRIOR_SHARE_CASES * level / whole) / weight, 4)
        return found

    def horizons(self) -> list[HorizonScore]:
        """How all forecasts of the last weeks turned out."""
        return self.scores.horizons()

    def forget(self) -> None:
        """Take out days with which none is compared any more and that have been learnt."""
        last = self.open - (DAYS_AHEAD + 1) * DAY
        for day in [day for day in self.days if day < last and day not in self.resting.behind]:
            del self.days[day]
            self.changed.add((COUNTS, day))
        self._sums = {day: found for day, found in self._sums.items() if day >= last}
