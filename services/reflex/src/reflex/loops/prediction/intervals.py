"""Quantiles of a count with a mean and a variance: a negative binomial, a normal distribution for large ones."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

LEAST_LOG = -600.0
"""Below it the chance of no case at all is no float any more."""


class Interval(NamedTuple):
    """Counts: P(below `low`) and P(above `high`) are at most a tail each; `middle` is the median."""

    low: int
    middle: int
    high: int

    def holds(self, count: int) -> bool:
        return self.low <= count <= self.high


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
    count, rest, found = 0, 1 - share, list[int]()
    step = (size - 1) * rest
    for bound in (tail, 0.5, 1 - tail):
        while below < bound and term:
            count += 1
            # As (size + count - 1) / count * rest, in fewer steps.
            term *= rest + step / count
            below += term
        # Where the chances have run out of floats the lower bound says nothing.
        found.append(count if below >= bound or found else 0)
    return Interval(*found)


@lru_cache(maxsize=64)
def _deviations(tail: float) -> float:
    """Standard deviations from the mean beyond which a tail of a normal distribution lies."""
    return NormalDist().inv_cdf(1 - tail)
