"""How long the cases of a row use to take, as far as is known at their deadlines, and what one more case says for a
slow-down: its rank among them.

A rank needs no share that was learnt and no form of the times. Under a slow-down the normal score of a rank rises: by
the logarithm of how many times longer answers take, over the standard deviation of the times' logarithms.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

RISES = (0.3, 0.6)
"""Of the normal score: answers that take twice as long, where the times of a row spread over two and over one powers
of ten."""
CAUTION = 0.5
"""Standard deviations of the share below a rank by which the usual times are taken for slower than they were seen."""
CEILING = 1e30
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class UsualTimes:
    """Working minutes, sorted, none above `cut`: all that take longer than the shortest limit among them are alike."""

    minutes: tuple[int, ...]
    cut: int

    @classmethod
    def of(cls, times: Sequence[Sequence[int]], limit: int) -> UsualTimes:
        """From (minutes, limit) of cases at their deadlines, for cases under a limit."""
        cut = min(limit, *(each for _, each in times)) + 1
        return cls(tuple(sorted(min(minutes, cut) for minutes, _ in times)), cut)

    @property
    def mark(self) -> int:
        """What half of the cases take at most; the cut limit where more take longer than that."""
        return min(self.minutes[(len(self.minutes) - 1) // 2], self.cut - 1)

    @property
    def longer(self) -> float:
        """The share of cases that take longer than the mark."""
        return 1 - bisect_right(self.minutes, self.mark) / len(self.minutes)

    @property
    def beyond(self) -> float:
        """The share of cases that take longer than the cut limit."""
        return 1 - bisect_left(self.minutes, self.cut) / len(self.minutes)

    def ratios(self, minutes: int) -> tuple[float, ...]:
        """How much likelier such a time is under each of the rises than it is usually."""
        minutes = min(minutes, self.cut)
        return _ratios(bisect_left(self.minutes, minutes), bisect_right(self.minutes, minutes), len(self.minutes))

    def open_ratios(self, age: int) -> tuple[float, ...]:
        """The same of a case that is not answered yet."""
        return _open_ratios(bisect_right(self.minutes, min(age, self.cut - 1)), len(self.minutes))


@lru_cache(maxsize=8192)
def _ratios(below: int, up_to: int, cases: int) -> tuple[float, ...]:
    """For the rank of a case among itself and others; where some are alike, the mean over all ranks it may have."""
    low, high = _slower(below / (cases + 1), cases), _slower((up_to + 1) / (cases + 1), cases)
    return tuple((_raised(high, rise) - _raised(low, rise)) / (high - low) for rise in RISES)


@lru_cache(maxsize=8192)
def _open_ratios(passed: int, cases: int) -> tuple[float, ...]:
    """For a case that will be slower than `passed` of the usual ones."""
    share = _slower((passed + 0.5) / (cases + 1), cases)
    return tuple((1 - _raised(share, rise)) / (1 - share) for rise in RISES)


def _slower(share: float, cases: int) -> float:
    return max(0.0, share - CAUTION * math.sqrt(share * (1 - share) / cases))


def _raised(share: float, rise: float) -> float:
    """The share that lies below a rank once normal scores have risen."""
    if not 0 < share < 1:
        return share
    return NORMAL.cdf(NORMAL.inv_cdf(share) - rise)


@dataclass(slots=True)
class SlowDown:
    """Shiryaev-Roberts e-detector. While times are as they were, threshold c is passed at most once in c cases on
    average; it restarts by itself."""

    mixture: list[float] = field(default_factory=lambda: [0.0] * len(RISES))

    def observe(self, ratios: Sequence[float], weight: float) -> float:
        """One case; returns the statistic. A weight of at most 1 that is known beforehand keeps what it promises."""
        self.mixture = self._after(((ratios, weight),))
        return sum(self.mixture) / len(self.mixture)

    def foreseen(self, cases: Iterable[tuple[Sequence[float], float]]) -> float:
        """The statistic as it would be after more cases (ratios, weight), which do not count yet."""
        mixture = self._after(cases)
        return sum(mixture) / len(mixture)

    def _after(self, cases: Iterable[tuple[Sequence[float], float]]) -> list[float]:
        little, much = self.mixture
        for (by_little, by_much), weight in cases:
            little = min((little + 1) * by_little**weight, CEILING)
            much = min((much + 1) * by_much**weight, CEILING)
        return [little, much]
