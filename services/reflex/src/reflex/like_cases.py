"""One place or channel against all others for like cases: Mantel and Haenszel's difference, block by block.

Like are cases of one stratum that count in the same block. A stratum in which all cases are of one place says nothing,
and counts for nothing; so no model of what cases are like is needed, and a place that has another mix does not differ.
Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, sqrt
from typing import TypeVar

PRIOR_BLOCKS = 4.0
"""The mixture is widest for differences that show after so many blocks."""
HIGHEST = 1e12
"""The evidence grows without bound; this much says all."""


@dataclass(slots=True)
class Block:
    """Of one block: `excess` bad cases beyond what like ones elsewhere have, `weight` the cases compared, by
    Mantel and Haenszel's weights; the variance of the excess where there is no difference."""

    excess: float = 0.0
    weight: float = 0.0
    variance: float = 0.0
    cases: int = 0
    bad: int = 0

    def add(self, bad: int, cases: int, bad_elsewhere: int, elsewhere: int) -> None:
        """One stratum."""
        if not cases or not elsewhere:
            return
        total, all_bad = cases + elsewhere, bad + bad_elsewhere
        self.excess += (bad * elsewhere - bad_elsewhere * cases) / total
        self.weight += cases * elsewhere / total
        self.variance += all_bad * (total - all_bad) * cases * elsewhere / (total * total * max(1, total - 1))
        self.cases += cases
        self.bad += bad

    def values(self) -> list[float]:
        return [self.excess, self.weight, self.variance, self.cases, self.bad]


@dataclass(slots=True)
class Comparison:
    """Blocks of one place or channel by one measure, oldest first."""

    blocks: list[Block] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return sum(block.cases for block in self.blocks)

    @property
    def bad(self) -> int:
        return sum(block.bad for block in self.blocks)

    @property
    def excess(self) -> float:
        return sum(block.excess for block in self.blocks)

    @property
    def difference(self) -> float:
        """Of the share of bad cases, for like ones."""
        weight = self.weight
        return self.excess / weight if weight else 0.0

    @property
    def weight(self) -> float:
        return sum(block.weight for block in self.blocks)

    @property
    def variance_alone(self) -> float:
        """Of the excess, as independent cases would have it."""
        return sum(block.variance for block in self.blocks)

    @property
    def variance_between(self) -> float:
        """Of the excess, as blocks differ; 0 where fewer than two are known."""
        known = [block for block in self.blocks if block.cases]
        difference = self.difference
        seen = sum((block.excess - difference * block.weight) ** 2 for block in known)
        return seen * len(known) / (len(known) - 1) if len(known) > 1 else 0.0

    @property
    def variance(self) -> float:
        """Of the excess: the greater of both."""
        return max(self.variance_alone, self.variance_between)

    @property
    def known_blocks(self) -> int:
        """Blocks in which cases were compared."""
        return sum(block.cases > 0 for block in self.blocks)

    @property
    def standard_error(self) -> float:
        """Of the difference."""
        weight = self.weight
        return sqrt(self.variance) / weight if weight else 0.0

    @property
    def evidence(self) -> float:
        """An e-value against no difference, by a normal mixture: on average at most 1, whenever one looks."""
        variance, excess = self.variance, self.excess
        if not variance or excess <= 0:
            return 0.0
        prior = PRIOR_BLOCKS * variance / len(self.blocks)
        return min(HIGHEST, sqrt(prior / (variance + prior)) * exp(min(60.0, excess**2 / (2 * (variance + prior)))))


Compared = TypeVar("Compared", bound=Hashable)


def append_block(comparisons: dict[Compared, Comparison], found: Mapping[Compared, Block], most: int) -> set[Compared]:
    """Give each comparison its block of the time that is over, an empty one where nothing was compared, and keep the
    last `most`; returns all keys, those too that are dropped since no case is left."""
    keys = {*found, *comparisons}
    for key in keys:
        comparison = comparisons.setdefault(key, Comparison())
        comparison.blocks = [*comparison.blocks, found.get(key, Block())][-most:]
        if not comparison.cases:
            del comparisons[key]
    return keys


Counts = tuple[int, int]
"""Cases and bad ones."""


def blocks_of(strata: Iterable[Mapping[str, Counts]]) -> dict[str, Block]:
    """By name the block of each place that cases of these strata are from."""
    found: dict[str, Block] = {}
    for stratum in strata:
        total, all_bad = (sum(counts[i] for counts in stratum.values()) for i in (0, 1))
        for name, (cases, bad) in stratum.items():
            found.setdefault(name, Block()).add(bad, cases, all_bad - bad, total - cases)
    return found
