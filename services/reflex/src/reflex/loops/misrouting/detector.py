"""Shiryaev-Roberts e-detector of a raised share, after Shin, Ramdas and Rinaldo, "E-detectors" (arXiv 2203.03532)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

ALTERNATIVES = (0.35, 0.6, 0.85)
CEILING = 1e30
MOVED, STAYED = math.log(0.7 / 0.15), math.log(0.3 / 0.85)
"""What one case says for a change: the share that ends elsewhere is .15 before it and .7 after it."""


@lru_cache(maxsize=4096)
def _ratios(background: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Likelihood ratios of the alternatives against the background, for a hit and for a miss."""
    raised = [max(q, min(0.97, background + 0.15 + 0.2 * i)) for i, q in enumerate(ALTERNATIVES)]
    return tuple(q / background for q in raised), tuple((1 - q) / (1 - background) for q in raised)


@dataclass(slots=True)
class Detector:
    """While the true share is at most the background, threshold c is passed at most once in c observations on average,
    however many detectors share those observations.

    Restarts by itself: an old good record costs nothing.
    """

    mixture: list[float] = field(default_factory=lambda: [0.0] * len(ALTERNATIVES))

    def observe(self, hit: bool, background: float) -> float:
        """One observation under a background share in (0, 0.8); returns the statistic."""
        ratios = _ratios(background)[0 if hit else 1]
        self.mixture = [min((m + 1) * r, CEILING) for m, r in zip(self.mixture, ratios, strict=True)]
        return self.value

    @property
    def value(self) -> float:
        return sum(self.mixture) / len(self.mixture)


def beats(wins: int, losses: int) -> float:
    """P(share > 1/2) under a uniform prior: P(Beta(wins + 1, losses + 1) > 1/2)."""
    n = wins + losses + 1
    return float(sum(math.comb(n, k) for k in range(wins + 1)) / 2**n)


def since_change(ended: Sequence[str], current: str) -> int:
    """How many of the last outcomes belong to the time since the change, by the likelihood of a moved share."""
    best = total = 0.0
    cut = 0
    for number, end in enumerate(reversed(ended), 1):
        total += MOVED if end != current else STAYED
        if total > best:
            best, cut = total, number
    return cut or len(ended)
