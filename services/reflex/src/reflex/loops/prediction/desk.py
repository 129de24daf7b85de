"""The work of one authority in one region: what is open and when it is due, what comes, and what gets done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from reflex.loops.prediction.days import DAY, DAYS_AHEAD, Fortnight
from reflex.loops.prediction.series import Keeps, Series
from reflex.loops.prediction.settings import Settings

RATE_DAYS = 14
"""What gets done on a working day is counted over so many days."""
LITTLE = 1e-6
"""More than rounding can make of the same sum in another order."""
TERMS_KEPT = 0.98
"""How the terms of new cases are forgotten, a day."""


class Need(NamedTuple):
    """What an authority would need to keep its deadlines, over the days to the one by which it is shortest."""

    by: date
    work: float
    """Cases due by then: open ones, and of those that will come."""
    open: int
    """Of them, the open ones."""
    rate: float
    """Cases that it finished on a working day lately."""
    needed_rate: float
    short: float
    """Cases that would not be finished by then."""
    sigma: float
    """Standard deviation of that."""


@dataclass(slots=True)
class Desk:
    """`due` and the counts of the running day are kept up with every fact; the rest is learnt when a day ends."""

    region: str
    authority: str
    due: dict[date, int] = field(default_factory=dict)
    """Open cases by the day of their deadline."""
    came: int = 0
    left: int = 0
    """On the running day: cases that came to it and that left it, answered or otherwise."""
    arrivals: Series = field(default_factory=Series)
    departures: list[int] = field(default_factory=list)
    """Of the last RATE_DAYS days, oldest first."""
    worked: list[bool] = field(default_factory=list)
    """Whether these were working days."""
    terms: list[float] = field(default_factory=lambda: [0.0] * (DAYS_AHEAD + 1))
    """Cases that came, by the days they had to their deadline; longer terms in the last place."""
    short_days: int = 0
    """Days in a row on which it was short."""
    told: date | None = None
    """When that was last said."""

    def body(self) -> dict[str, Any]:
        """What changes when a day ends."""
        return {
            "arrivals": self.arrivals.body(), "departures": self.departures, "worked": self.worked,
            "short_days": self.short_days, "told": None if self.told is None else self.told.isoformat(),
        }  # fmt: skip

    def load(self, body: Mapping[str, Any]) -> None:
        self.arrivals = Series.of(body["arrivals"])
        self.departures, self.worked = list(body["departures"]), list(body["worked"])
        self.short_days = body["short_days"]
        self.told = None if body["told"] is None else date.fromisoformat(body["told"])

    def today(self) -> dict[str, Any]:
        """What changes with every case, but for what is due."""
        return {"counts": (self.came, self.left), "terms": self.terms}

    def load_today(self, body: Mapping[str, Any]) -> None:
        self.came, self.left = body["counts"]
        self.terms = list(body["terms"])

    def add(self, due: date) -> None:
        """A case is open here."""
        self.due[due] = self.due.get(due, 0) + 1

    def forget(self, before: date) -> None:
        """Nothing that was due before a day is open."""
        for day in [day for day in self.due if day < before]:
            del self.due[day]

    def take(self, due: date, today: date) -> None:
        """A case came."""
        self.add(due)
        self.came += 1
        self.terms[max(0, min(DAYS_AHEAD, (due - today).days))] += 1

    def give(self, due: date) -> None:
        """A case left it."""
        self._strike(due)
        self.left += 1

    def move(self, before: date, due: date) -> None:
        """The deadline of a case is another."""
        self._strike(before)
        self.add(due)

    def _strike(self, due: date) -> None:
        left = self.due.get(due, 0) - 1
        if left > 0:
            self.due[due] = left
        else:
            self.due.pop(due, None)

    def end_day(self, kind: int, worked: bool, keeps: Keeps) -> None:
        """Learn from a day that has ended."""
        self.arrivals.learn(self.came, kind, keeps)
        self.departures = [*self.departures[1 - RATE_DAYS :], self.left]
        self.worked = [*self.worked[1 - RATE_DAYS :], worked]
        self.terms = [count * TERMS_KEPT for count in self.terms]
        self.came = self.left = 0

    def need(self, days: Fortnight) -> Need | None:
        """By the day of the fortnight by which most cases would be left over.

        Deadlines that have passed count no more. None while too little is known, or where no day is worked.
        """
        rate = self._rate_known(days)
        return None if rate is None else self._need(days, rate, self._to_come(days))

    def need_to_tell(self, days: Fortnight, settings: Settings) -> Need | None:
        """Its need, if it has been short for so many days, and that was not said lately."""
        rate = self._rate_known(days)
        if rate is None:
            return None
        coming = self._to_come(days)
        if not self._may_be_short(days, rate, coming, settings.short_cases - LITTLE):
            self.short_days = 0
            return None
        need = self._need(days, rate, coming)
        least = max(settings.short_cases, settings.short_sigma * need.sigma)
        self.short_days = self.short_days + 1 if need.short >= least else 0
        lately = self.told is not None and days.first - self.told < settings.quiet_days * DAY
        if self.short_days < settings.short_days or lately:
            return None
        self.told = days.first
        return need

    def _may_be_short(self, days: Fortnight, rate: float, coming: Sequence[float], cases: float) -> bool:
        """Whether it may be short of so many cases by some day: of what comes until then, no more is due than what has
        so short a term. Most never are, and to reckon what each would need takes longer."""
        if sum(self.due.values()) + sum(coming) < cases:
            return False
        left, due_by, came = -cases, 0.0, 0.0
        whole, ordinal = sum(self.terms), days.first.toordinal()
        for n in range(DAYS_AHEAD):
            left += self.due.get(date.fromordinal(ordinal + n), 0)
            came += coming[n]
            due_by += self.terms[n]
            if days.worked[n]:
                left -= rate
            if left + (came * due_by / whole if whole > 0 else 0.0) >= 0:
                return True
        return False

    def _need(self, days: Fortnight, rate: float, coming: Sequence[float]) -> Need:
        """At least one day is worked."""
        shares, due = _shares(self.terms), [0.0] * DAYS_AHEAD
        for n, came in enumerate(coming):
            for term, share in shares:
                if n + term >= DAYS_AHEAD:
                    break
                due[n + term] += came * share
        opened, worked, expected, worst = 0, 0, 0.0, None
        for n in range(DAYS_AHEAD):
            day = days.first + n * DAY
            opened += self.due.get(day, 0)
            worked += days.worked[n]
            expected += due[n]
            short = opened + expected - rate * worked
            if worked and (worst is None or short > worst.short):
                done = rate * worked
                worst = Need(
                    day, opened + expected, opened, rate, (opened + expected) / worked, short,
                    (self.arrivals.spread * (expected + done)) ** 0.5,
                )  # fmt: skip
        assert worst is not None
        return worst

    def _to_come(self, days: Fortnight) -> list[float]:
        """Cases that each day of the fortnight will bring."""
        level, profile = self.arrivals.level, self.arrivals.profile()
        return [level * profile[kind] for kind in days.kinds]

    def _rate_known(self, days: Fortnight) -> float | None:
        """Cases a working day that it finishes; None while too little is known, or where no day is worked."""
        worked = sum(self.worked)
        if len(self.departures) < RATE_DAYS or not worked or self.arrivals.weight < RATE_DAYS or not any(days.worked):
            return None
        return sum(self.departures) / worked


def _shares(terms: Sequence[float]) -> list[tuple[int, float]]:
    """Which share of new cases is due after how many days, for terms within the fortnight."""
    whole = sum(terms)
    return [(term, count / whole) for term, count in enumerate(terms[:DAYS_AHEAD]) if count > 0 and whole > 0]
