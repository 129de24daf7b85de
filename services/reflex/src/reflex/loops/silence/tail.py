"""How likely so few events are, by a negative binomial."""

from __future__ import annotations

import math

LEAST_SPREAD = 1.01
"""Variance over mean: with less there is no negative binomial."""


def lower_tail(count: int, mean: float, variance: float) -> float:
    """P(X <= count); 1.0 where nothing is expected."""
    if mean <= 0:
        return 1.0
    spread = max(variance, LEAST_SPREAD * mean)
    return negative_binomial_cdf(count, mean, mean * mean / (spread - mean))


def negative_binomial_cdf(count: int, mean: float, size: float) -> float:
    """P(X <= count) with variance mean + mean^2 / size."""
    log_rest, log_share = math.log(size / (size + mean)), math.log(mean / (size + mean))
    terms = (
        math.exp(math.lgamma(size + k) - math.lgamma(size) - math.lgamma(k + 1) + size * log_rest + k * log_share)
        for k in range(count + 1)
    )
    return min(1.0, math.fsum(terms))
