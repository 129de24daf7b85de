"""The last look at a trial: how probable so many bad cases in the candidate's arm are, had the change done nothing.

Without an effect the arms of cases that were drawn with one probability may be exchanged, whatever came of the cases:
of the bad ones the candidate then has a hypergeometric number, and over several probabilities the sum of independent
ones. It is exact, and at one fixed time finds harm in fewer cases than a bet does that is valid at any time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from reflex.loops.trial.arm_bet import Sums

NEGLIGIBLE = 1e-12
"""Chances below are left out."""


def chance_of_as_many(strata: Iterable[Sums]) -> float:
    """Of at least so many bad cases in the candidate's arm; a stratum has the cases of one probability."""
    seen, first, chances = 0, 0, [1.0]
    for cases, bad, more_cases, more_bad in strata:
        seen += more_bad
        least, own = _hypergeometric(cases + more_cases, bad + more_bad, more_cases)
        first, chances = first + least, _sums(chances, own)
    return min(math.fsum(chances[max(seen - first, 0) :]), 1.0)


def _hypergeometric(cases: int, bad: int, drawn: int) -> tuple[int, list[float]]:
    """The least number of bad cases among those drawn that is not negligible; the chance of it and of each after."""
    numbers = range(max(0, drawn + bad - cases), min(drawn, bad) + 1)
    whole = log_ways(cases, drawn)
    chances = [math.exp(log_ways(bad, k) + log_ways(cases - bad, drawn - k) - whole) for k in numbers]
    kept = [number for number, chance in zip(numbers, chances, strict=True) if chance > NEGLIGIBLE]
    return kept[0], chances[kept[0] - numbers[0] : kept[-1] - numbers[0] + 1]


def log_ways(of: int, taken: int) -> float:
    """The logarithm of in how many ways so many can be taken."""
    return math.lgamma(of + 1) - math.lgamma(taken + 1) - math.lgamma(of - taken + 1)


def _sums(some: Sequence[float], others: Sequence[float]) -> list[float]:
    found = [0.0] * (len(some) + len(others) - 1)
    for i, a in enumerate(some):
        for j, b in enumerate(others):
            found[i + j] += a * b
    return found
