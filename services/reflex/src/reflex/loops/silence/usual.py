"""What like days bring in each quarter: how many cases of a window are usual, and how far that spreads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from reflex.loops.silence.even_days import Counts, Week, evened
from reflex.loops.silence.quarters import A_DAY, Quarter, day_of
from reflex.loops.silence.settings import Settings

Works = Callable[[date], bool]
"""Whether a day is a working day."""
LEVEL_PRIOR = 10.0
"""Cases that came as usual and stand beside those of the last days, where it is seen whether less is usual now."""
NOTHING: Counts = (0,) * A_DAY


class Part(NamedTuple):
    """Quarters of one day, from `first` to before `end`, that a window covers."""

    day: date
    first: int
    end: int


class Window(NamedTuple):
    """What is usual in some quarters."""

    mean: float
    quietest: date
    """The day whose cases are missed most."""


def parts(since: Quarter, until: Quarter) -> list[Part]:
    """The days that a time from one quarter to before another covers, oldest first."""
    found, at = list[Part](), since
    while at < until:
        end = min(until, (at // A_DAY + 1) * A_DAY)
        found.append(Part(day_of(at), at % A_DAY, (end - 1) % A_DAY + 1))
        at = end
    return found


class Usual:
    """Of one channel, or of a region's cases together."""

    def __init__(
        self, like: Mapping[bool, Sequence[tuple[date, Counts]]], week: Week, works: Works, settings: Settings
    ) -> None:  # fmt: skip
        """`like` are the counts of like days: of working ones (True) and of free ones, none of which are judged where
        too few are known; `week` says how much of them falls to each day of the week."""
        self._week, self._works, self._settings = week, works, settings
        self._like = {kind: evened(days, kind, week) for kind, days in like.items()}
        self.level = 1.0
        self._means = {
            kind: [math.fsum(quarter) / len(days) for quarter in zip(*days, strict=True)]
            for kind, days in self._like.items() if len(days) >= settings.min_days
        }  # fmt: skip

    @property
    def most_a_day(self) -> float:
        """Cases of a day on which more come."""
        return max((math.fsum(means) for means in self._means.values()), default=0.0)

    def fit(self, lately: Sequence[tuple[date, Counts]]) -> None:
        """Less is usual where the last days brought less than like days do."""
        known = [(day, kind, counts) for day, counts in lately if (kind := self._works(day)) in self._means]
        came = sum(sum(counts) for _, _, counts in known)
        expected = math.fsum(math.fsum(self._means[kind]) * self._week.weight(day, kind) for day, kind, _ in known)
        self.level = min(1.0, (came + LEVEL_PRIOR) / (expected + LEVEL_PRIOR))

    def of(self, window: Sequence[Part], counts: Sequence[int]) -> Window | None:
        """`counts` are those that came in each part; None where too few like days are known."""
        means = []
        for part in window:
            kind = self._works(part.day)
            here = self._means.get(kind)
            if here is None:
                return None
            means.append(math.fsum(here[part.first : part.end]) * self.level * self._week.weight(part.day, kind))
        missed = [mean - count for mean, count in zip(means, counts, strict=True)]
        return Window(math.fsum(means), window[missed.index(max(missed))].day)

    def variance(self, window: Sequence[Part]) -> float:
        """Days vary each by itself, and the mean of few days is uncertain too."""
        total = 0.0
        for part in window:
            kind = self._works(part.day)
            weight = self._week.weight(part.day, kind)
            came = [math.fsum(counts[part.first : part.end]) * weight for counts in self._like[kind]]
            mean = math.fsum(came) / len(came)
            # Not statistics.variance: its exact fractions take most of a tick.
            seen = math.fsum((n - mean) ** 2 for n in came) / (len(came) - 1)
            total += max(seen * self.level, self._settings.min_dispersion * mean * self.level) + seen / len(came)
        return total
