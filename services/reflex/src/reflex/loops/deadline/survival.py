"""The distribution of the time to answer by Kaplan and Meier, with open cases counted as far as they have come.

Kaplan, Meier, "Nonparametric estimation from incomplete observations" (JASA 53, 1958).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple


class Seen(NamedTuple):
    """One case, or a part of one where it is not sure whether its answer stands."""

    age: int
    answered: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares answered by ages, both growing, with the standard deviation of each; nothing is known of ages beyond
    `known_until`."""

    ages: Sequence[int]
    shares: Sequence[float]
    spreads: Sequence[float]
    known_until: int

    def quantile(self, share: float) -> float:
        """The least age by which so large a share is answered; infinite where that is not seen."""
        for age, reached in zip(self.ages, self.shares, strict=True):
            if reached >= share:
                return age
        return math.inf

    def share(self, age: float) -> float:
        """That is answered by an age."""
        place = bisect_right(self.ages, age)
        return self.shares[place - 1] if place else 0.0

    def spread(self, share: float) -> float:
        """How well the first share of at least this size is known (Greenwood); 0 where none is."""
        known = zip(self.shares, self.spreads, strict=True)
        return next((spread for reached, spread in known if reached >= share), 0.0)


def curve_of(seen: Iterable[Seen]) -> Curve:
    """An answer counts before a case that is open at the same age."""
    ordered = sorted(sorted(seen, key=attrgetter("answered"), reverse=True), key=attrgetter("age"))
    left = math.fsum(s.weight for s in ordered)
    ages: list[int] = []
    shares: list[float] = []
    spreads: list[float] = []
    open_share, variance = 1.0, 0.0
    for age, answered, weight in ordered:
        if answered and left > 0:
            open_share *= max(0.0, 1 - weight / left)
            variance += weight / (left * (left - weight)) if left > weight else 0.0
            if not ages or ages[-1] != age:
                ages.append(age)
                shares.append(0.0)
                spreads.append(0.0)
            shares[-1], spreads[-1] = 1 - open_share, open_share * math.sqrt(variance)
        left -= weight
    return Curve(ages, shares, spreads, ordered[-1].age if ordered else 0)
