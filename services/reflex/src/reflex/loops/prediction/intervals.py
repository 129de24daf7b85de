"""Quantiles of a count with a mean and a variance: a negative binomial, a normal distribution for large ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

LEVEL_DRIFT = 0.001
"""Variance of a level's relative change in a day: what is further ahead is less known."""
LEAST_LOG = -600.0
"""Below it the chance of no case at all is no float any more."""


class Interval(NamedTuple):
    """Counts: P(below `low`) and P(above `high`) are at most a tail each; `middle` is the median."""

    low: int
    middle: int
    high: int

    def holds(self, count: int) -> bool:
        return self.low <= count <= self.high


def intervals_of(means: Sequence[float], spread: float, tail: float) -> list[Interval]:
    """Of counts with means from the next day on; `spread` is variance over mean of a day that is known to come."""
    largest = max(means)
    most = interval_of(largest, _variance(largest, spread, 1), tail)
    if most.high == 0:
        # A smaller mean or a day further ahead makes no case at all still more likely.
        return [most] * len(means)
    return [interval_of(mean, _variance(mean, spread, n), tail) for n, mean in enumerate(means, 1)]


def _variance(mean: float, spread: float, days_ahead: int) -> float:
    return spread * mean + LEVEL_DRIFT * days_ahead * mean * mean


def interval_of(mean: float, variance: float, tail: float) -> Interval:
    """`tail` is the chance left out at each end. A variance below the mean is taken for that of a Poisson count."""
    if mean <= 0:
        return Interval(0, 0, 0)
    spread = max(variance, mean * 1.0001)
    size = mean * mean / (spread - mean)
    share = size / (size + mean)
    log_none = size * math.log(share)
    if log_none < LEAST_LOG:
        half = _deviations(tail) * math.sqrt(spread)
        return Interval(max(0, round(mean - half)), round(mean), round(mean + half))
    term = below = math.exp(log_none)
    rest = 1 - share
    step = (size - 1) * rest
    # Each chance from the one before, as (size + count - 1) / count * rest in fewer steps.
    low = 0
    while below < tail and term:
        low += 1
        term *= rest + step / low
        below += term
    middle = low
    while below < 0.5 and term:
        middle += 1
        term *= rest + step / middle
        below += term
    high, until = middle, 1 - tail
    while below < until and term:
        high += 1
        term *= rest + step / high
        below += term
    # Where the chances have run out of floats the lower bound says nothing.
    return Interval(low if below >= tail else 0, middle, high)


@lru_cache(maxsize=64)
def _deviations(tail: float) -> float:
    """Standard deviations from the mean beyond which a tail of a normal distribution lies."""
    return NormalDist().inv_cdf(1 - tail)
