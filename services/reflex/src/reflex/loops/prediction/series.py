"""One series of daily counts: a level, a profile of the week, and the spread around their product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import truediv
from typing import NamedTuple

from reflex.loops.prediction.settings import Settings

KINDS = 7
"""Kinds of days: those of the week."""
FLAT = (1.0,) * KINDS
PRIOR_CASES = 10.0
"""The profile of a series is drawn to that of its region as if by so many cases of its own on each kind of day."""
PRIOR_SPREAD = 1.5
"""Variance over mean before anything is known."""
PRIOR_SPREAD_CASES = 20.0
"""So many expected cases weigh as much as that."""
LARGEST_RESIDUAL = 4.0
"""Standard deviations. What lies farther away (a storm, a batch) counts as if it were so far: it comes again seldom."""
FIRST_DAYS = 10.0
"""Weight that the level must have before the spread is learnt."""


class Keeps(NamedTuple):
    """What is left of a sum after a day."""

    level: float
    profile: float
    spread: float

    @classmethod
    def of(cls, settings: Settings) -> Keeps:
        """By the days after which it counts 1/e."""
        days = settings.level_days, settings.profile_days, settings.spread_days
        return cls(*(math.exp(-1 / number) for number in days))


@dataclass(slots=True)
class Series:
    """Exponentially weighted sums; a weight is in days."""

    cases: float = 0.0
    weight: float = 0.0
    """Of the level, in days of the profile's mean."""
    kind_cases: list[float] = field(default_factory=lambda: [0.0] * KINDS)
    kind_days: list[float] = field(default_factory=lambda: [0.0] * KINDS)
    squares: float = 0.0
    expected: float = 0.0
    """Sum of squared residuals, and of the means they are around."""

    def body(self) -> list[float]:
        return [self.cases, self.weight, *self.kind_cases, *self.kind_days, self.squares, self.expected]

    @classmethod
    def of(cls, body: Sequence[float]) -> Series:
        return cls(body[0], body[1], list(body[2:9]), list(body[9:16]), body[16], body[17])

    @property
    def level(self) -> float:
        """Cases of a day on average over the kinds of days."""
        return self.cases / self.weight if self.weight > 0 else 0.0

    @property
    def spread(self) -> float:
        """Variance over mean, at least that of a Poisson count."""
        return max(1.0, (self.squares + PRIOR_SPREAD * PRIOR_SPREAD_CASES) / (self.expected + PRIOR_SPREAD_CASES))

    def profile(self, prior: Sequence[float] = FLAT) -> list[float]:
        """Factors by kind of day with a mean of 1."""
        drawn = self._drawn(prior)
        if drawn is None:
            return list(prior)
        middle = sum(drawn) / KINDS
        return [value / middle for value in drawn]

    def _drawn(self, prior: Sequence[float]) -> list[float] | None:
        """Factors with any mean; None where no case is known."""
        cases, days = self.kind_cases, self.kind_days
        if not any(cases):
            return None
        if all(days):
            mean = sum(map(truediv, cases, days)) / KINDS
        else:
            known = [n / d for n, d in zip(cases, days, strict=True) if d > 0]
            mean = sum(known) / len(known) if known else 0.0
        if mean <= 0:
            return None
        return [(n + PRIOR_CASES * p) / (d * mean + PRIOR_CASES) for n, d, p in zip(cases, days, prior)]  # noqa: B905

    def learn(self, count: int, kind: int, keeps: Keeps, prior: Sequence[float] = FLAT) -> None:
        """One day, which was of a kind."""
        drawn = self._drawn(prior)
        factor = prior[kind] if drawn is None else drawn[kind] / (sum(drawn) / KINDS)
        mean, weight, taken = self.level * factor, self.weight, float(count)
        if weight > FIRST_DAYS and mean > 0:
            largest = LARGEST_RESIDUAL * math.sqrt(self.spread * mean)
            residual = count - mean
            if residual > largest:
                residual = largest
            elif residual < -largest:
                residual = -largest
            self.squares = self.squares * keeps.spread + residual * residual
            self.expected = self.expected * keeps.spread + mean
            taken = min(taken, mean + largest + 1)
        self.cases, self.weight = self.cases * keeps.level + taken, weight * keeps.level + factor
        kept = keeps.profile
        self.kind_cases = [cases * kept for cases in self.kind_cases]
        self.kind_days = [days * kept for days in self.kind_days]
        self.kind_cases[kind] += taken
        self.kind_days[kind] += 1

    def without(self, other: Series) -> None:
        """Take out a part that is counted by itself from now on."""
        self.cases = max(0.0, self.level - other.level) * self.weight
        self.kind_cases = [max(0.0, a - b) for a, b in zip(self.kind_cases, other.kind_cases, strict=True)]

    def with_(self, other: Series) -> None:
        """Take in a part that was counted by itself."""
        self.cases = (self.level + other.level) * self.weight
        self.kind_cases = [a + b for a, b in zip(self.kind_cases, other.kind_cases, strict=True)]
