"""How likely so few events in a day are, by a negative binomial with the mean and variance of like days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean


def lower_tail(count: int, before: Sequence[int], min_dispersion: float) -> float:
    """P(X <= count) for a day like those `before`, two at least; 1.0 where nothing was ever seen.

    The variance is that of the days, at least `min_dispersion` times their mean, and wider the fewer days there are:
    their mean is itself uncertain.
    """
    mean = fmean(before)
    if mean == 0:
        return 1.0
    # Not statistics.variance: its exact fractions take most of a tick.
    variance = math.fsum((n - mean) ** 2 for n in before) / (len(before) - 1)
    spread = max(variance, min_dispersion * mean) * (1 + 1 / len(before))
    size = mean * mean / (spread - mean)
    return negative_binomial_cdf(count, mean, size)


def negative_binomial_cdf(count: int, mean: float, size: float) -> float:
    """P(X <= count) with variance mean + mean^2 / size."""
    log_rest, log_share = math.log(size / (size + mean)), math.log(mean / (size + mean))
    terms = (
        math.exp(math.lgamma(size + k) - math.lgamma(size) - math.lgamma(k + 1) + size * log_rest + k * log_share)
        for k in range(count + 1)
    )
    return min(1.0, math.fsum(terms))
