"""The threshold of an alarm, found once a week from the weeks before: so many alarms as are allowed for their cases.

What would have alarmed at any threshold is kept as peaks. The statistic does not hang on the threshold, so that the
weeks need not be gone through again. A week counts as at most four times what is allowed for it: one storm must not
raise the threshold of half a year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reflex.loops.emergence.settings import Settings

WEEK_DAYS = 7
CASES = 1300
KEPT_OVER = 0.3
"""Peaks below this share of the threshold are not kept."""
LEAST_WEEKS, LEAST_OF_FIRST, MOST_OF_FIRST = 4, 0.5, 2.0
MOST_OF_WEEK = 4
"""Times what is allowed for it."""
FIRST_COUNTS = 8.0
"""The first threshold counts as one from weeks for which so many alarms are allowed."""
MOST_PEAKS = 2000


class Peak(NamedTuple):
    """`series` is what cannot alarm twice within the distance and the time."""

    t: float
    series: str
    x: float
    y: float
    value: float


@dataclass(slots=True)
class Week:
    cases: int = 0
    peaks: list[Peak] = field(default_factory=list)


class Alarms:
    """Which of the peaks over a threshold alarm: the first one of a series, then none within the time and distance."""

    def __init__(self, threshold: float, settings: Settings, last: Mapping[str, list[Peak]] | None = None) -> None:
        """`last` are alarms of before, by series."""
        self.threshold, self._days, self._squared = threshold, settings.rearm_days, settings.rearm_m**2
        self.last = dict(last or {})

    def take(self, peak: Peak) -> bool:
        if peak.value < self.threshold:
            return False
        last = [one for one in self.last.get(peak.series, ()) if peak.t - one.t < self._days]
        near = any((one.x - peak.x) ** 2 + (one.y - peak.y) ** 2 <= self._squared for one in last)
        self.last[peak.series] = last if near else [*last, peak]
        return not near

    def forget(self, now: float, days: float) -> None:
        """Those that lie so many days back."""
        kept = {series: [one for one in peaks if now - one.t < days] for series, peaks in self.last.items()}
        self.last = {series: peaks for series, peaks in kept.items() if peaks}


@dataclass(slots=True)
class Threshold:
    """Of one statistic. `value` is None until it was found; `week` the one in which it was looked for last."""

    name: str
    value: float | None = None
    week: int | None = None
    weeks: dict[int, Week] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """Keys of its state that are not written yet."""

    def of(self, first: float) -> float:
        return first if self.value is None else self.value

    def count(self, t: float, cases: int = 1) -> None:
        self._week(t).cases += cases

    def note(self, peak: Peak, first: float) -> None:
        if peak.value < KEPT_OVER * self.of(first):
            return
        peaks = self._week(peak.t).peaks
        peaks.append(peak)
        if len(peaks) > MOST_PEAKS:
            kept = sorted(peaks, key=lambda one: -one.value)[: MOST_PEAKS // 2]
            peaks[:] = sorted(kept)

    def _week(self, t: float) -> Week:
        number = int(t // WEEK_DAYS)
        self.changed.add(f"week|{self.name}|{number}")
        found = self.weeks.get(number)
        if found is None:
            found = self.weeks[number] = Week()
        return found

    def turn(self, now: float, settings: Settings, share: float, first: float) -> None:
        """In a new week: find the threshold from those that are over."""
        week = int(now // WEEK_DAYS)
        if week == self.week:
            return
        self.week = week
        self.changed.add(f"threshold|{self.name}")
        for number in [n for n in self.weeks if n < week - settings.calibrate_weeks]:
            del self.weeks[number]
            self.changed.add(f"week|{self.name}|{number}")
        past = {number: found for number, found in sorted(self.weeks.items()) if number < week}
        if len(past) >= LEAST_WEEKS and share > 0:
            allowed = settings.alarms_per_1300_cases * share / CASES
            budget = allowed * sum(week.cases for week in past.values())
            found = min(max(self._found(past, budget, settings), first * LEAST_OF_FIRST), first * MOST_OF_FIRST)
            # Weeks that allow few alarms say little.
            trust = budget / (budget + FIRST_COUNTS)
            self.value = trust * found + (1 - trust) * first

    def _found(self, past: Mapping[int, Week], budget: float, settings: Settings) -> float:
        """From where alarms would come twice and four times as often as allowed: those at the threshold itself are too
        few. To halve their number once more takes as much again."""
        peaks = sorted(peak for week in past.values() for peak in week.peaks)
        most = MOST_OF_WEEK * budget / len(past)
        twice, often = (_level(peaks, times * budget, settings, times * most) for times in (2, 4))
        return twice + (twice - often)

    def body(self, key: str) -> dict[str, Any] | None:
        kind, _, *number = key.split("|")
        if kind == "threshold":
            return {"value": self.value, "week": self.week}
        week = self.weeks.get(int(number[0]))
        return None if week is None else {"cases": week.cases, "peaks": [list(one) for one in week.peaks]}

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        found = state.get(f"threshold|{self.name}", {})
        self.value, self.week = found.get("value"), found.get("week")
        start = f"week|{self.name}|"
        self.weeks = {
            int(key.removeprefix(start)): Week(body["cases"], [Peak(*one) for one in body["peaks"]])
            for key, body in state.items()
            if key.startswith(start)
        }
        self.changed = set()


def _level(peaks: Sequence[Peak], budget: float, settings: Settings, most: float) -> float:
    """The least value of a peak at which there would not have been more alarms than so many."""
    values = sorted({peak.value for peak in peaks})
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        if _alarms(peaks, values[middle], settings, most) <= budget:
            high = middle
        else:
            low = middle + 1
    return values[low] if values else 0.0


def _alarms(peaks: Iterable[Peak], threshold: float, settings: Settings, most: float) -> float:
    """Alarms of all weeks, none of which counts as more than `most`."""
    alarms, by_week = Alarms(threshold, settings), dict[int, int]()
    for peak in peaks:
        if alarms.take(peak):
            week = int(peak.t // WEEK_DAYS)
            by_week[week] = by_week.get(week, 0) + 1
    return sum(min(count, most) for count in by_week.values())
