"""Shiryaev-Roberts e-detector of a raised share, after Shin, Ramdas and Rinaldo, "E-detectors" (arXiv 2203.03532)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

ALTERNATIVES = (0.35, 0.6, 0.85)
CEILING = 1e30
STEPS = 200
"""Of the continued fraction; a handful suffices for the counts that are kept."""
MOVED, STAYED = math.log(0.7 / 0.15), math.log(0.3 / 0.85)
"""What one case says for a change: the share that ends elsewhere is .15 before it and .7 after it."""


@lru_cache(maxsize=16_384)
def _ratios(background: float, hit: bool, weight: float) -> tuple[float, ...]:
    """Likelihood ratios of the alternatives against the background, for a hit or a miss, to the power of its weight."""
    raised = [max(q, min(0.97, background + 0.15 + 0.2 * i)) for i, q in enumerate(ALTERNATIVES)]
    return tuple((q / background if hit else (1 - q) / (1 - background)) ** weight for q in raised)


@dataclass(slots=True)
class Detector:
    """While the true share is at most the background, threshold c is passed at most once in c observations on average,
    however many detectors share those observations.

    Restarts by itself: an old good record costs nothing.
    """

    mixture: list[float] = field(default_factory=lambda: [0.0] * len(ALTERNATIVES))

    def copy(self) -> Detector:
        return Detector(list(self.mixture))

    def observe(self, hit: bool, background: float, weight: float = 1.0) -> float:
        """One observation under a background share in (0, 0.8); returns the statistic.

        A weight of at most 1 that is known beforehand keeps what the statistic promises: a power below 1 of a
        likelihood ratio expects less than 1.
        """
        ratios = _ratios(background, hit, weight)
        self.mixture = [min((m + 1) * r, CEILING) for m, r in zip(self.mixture, ratios, strict=True)]
        return self.value

    @property
    def value(self) -> float:
        return sum(self.mixture) / len(self.mixture)


def beats(wins: float, losses: float, least: float = 0.5) -> float:
    """P(Beta(wins + 1, losses + 1) > least): that the share of wins is more than that, under a uniform prior; for
    weighted counts too."""
    return 1 - _incomplete_beta(least, wins + 1, losses + 1)


def share(wins: float, losses: float) -> tuple[float, float]:
    """Mean and variance of the share of wins under a uniform prior."""
    a, b = wins + 1, losses + 1
    return a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))


@lru_cache(maxsize=4096)
def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Lentz's method)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(1 - x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * fraction


def since_change(ended: Sequence[str], current: str) -> int:
    """How many of the last outcomes belong to the time since the change, by the likelihood of a moved share."""
    best = total = 0.0
    cut = 0
    for number, end in enumerate(reversed(ended), 1):
        total += MOVED if end != current else STAYED
        if total > best:
            best, cut = total, number
    return cut or len(ended)
