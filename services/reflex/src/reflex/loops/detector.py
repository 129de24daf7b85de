"""Shiryaev-Roberts e-detector of a raised share, after Shin, Ramdas and Rinaldo, "E-detectors" (arXiv 2203.03532)."""

from __future__ import annotations

import math
from dataclasses import dataclass

ALTERNATIVES = (0.35, 0.6, 0.85)
CEILING = 1e30


@dataclass(slots=True)
class Detector:
    """While the true share is at most `background`, alarms at threshold c come at most once in c observations.

    Restarts by itself: an old good record costs nothing.
    """

    background: float
    mixture: list[float]

    @classmethod
    def fresh(cls, background: float) -> Detector:
        return cls(background, [0.0] * len(ALTERNATIVES))

    def observe(self, hit: bool) -> float:
        """One observation; returns the statistic."""
        p = self.background
        for i, raised in enumerate(ALTERNATIVES):
            q = max(raised, min(0.97, p + 0.15 + 0.2 * i))
            ratio = q / p if hit else (1 - q) / (1 - p)
            self.mixture[i] = min((self.mixture[i] + 1) * ratio, CEILING)
        return self.value

    @property
    def value(self) -> float:
        return sum(self.mixture) / len(self.mixture)


def beats(wins: int, losses: int) -> float:
    """P(share > 1/2) under a uniform prior: P(Beta(wins + 1, losses + 1) > 1/2)."""
    n = wins + losses + 1
    return float(sum(math.comb(n, k) for k in range(wins + 1)) / 2**n)


def since_change(ended: list[str], current: str) -> int:
    """How many of the last outcomes belong to the time since the change, by the likelihood of a moved share."""
    best = total = 0.0
    cut = 0
    for number, end in enumerate(reversed(ended), 1):
        total += math.log(0.7 / 0.15) if end != current else math.log(0.3 / 0.85)
        if total > best:
            best, cut = total, number
    return cut or len(ended)
