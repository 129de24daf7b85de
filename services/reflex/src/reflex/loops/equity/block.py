"""What counted in one block of time, and how places and channels compare in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from reflex.fortnights import CountsByKind
from reflex.like_cases import Block, Counts, blocks_of

Dimension = Literal["region", "area", "channel"]
Test = tuple[Dimension, str, str]
"""Dimension, name and measure."""


class Kind(NamedTuple):
    """Cases that are alike but for where they come from, and through what."""

    measure: str
    category: str
    region: str
    area: str
    channel: str
    row: str


class OpenBlock(CountsByKind[Kind]):
    """What has counted in the running fortnight."""

    def __init__(self) -> None:
        super().__init__(Kind)

    def compared(self) -> Iterator[tuple[Test, Block]]:
        """Every place and channel against the others: regions and areas for like categories and channels, areas within
        their region, channels for like categories and regions."""
        strata: dict[tuple[Dimension, str], dict[tuple[str, ...], dict[str, Counts]]] = defaultdict(dict)
        for kind, (cases, bad) in self._counts.items():
            like: dict[Dimension, tuple[tuple[str, ...], str]] = {
                "region": ((kind.category, kind.channel), kind.region),
                "area": ((kind.category, kind.channel, kind.region), kind.area),
                "channel": ((kind.category, kind.region), kind.channel),
            }
            for dimension, (stratum, name) in like.items():
                names = strata[dimension, kind.measure].setdefault(stratum, {})
                old = names.get(name, (0, 0))
                names[name] = (old[0] + cases, old[1] + bad)
        for (dimension, measure), found in sorted(strata.items()):
            for name, block in sorted(blocks_of(found.values()).items()):
                yield (dimension, name, measure), block

    def shares(self) -> Iterator[tuple[Test, str, str, float, int]]:
        """For regions: test, category, row, and how many bad cases more than like ones elsewhere, of how many."""
        strata: dict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for kind, (cases, bad) in self._counts.items():
            counts = strata[kind.measure, kind.category, kind.channel][kind.region]
            counts[0] += cases
            counts[1] += bad
        for kind, (cases, bad) in self._counts.items():
            regions = strata[kind.measure, kind.category, kind.channel]
            own = regions[kind.region]
            total, all_bad = (sum(counts[i] for counts in regions.values()) for i in (0, 1))
            elsewhere = total - own[0]
            if elsewhere:
                usual = (all_bad - own[1]) / elsewhere
                excess = (bad - cases * usual) * elsewhere / total
                yield ("region", kind.region, kind.measure), kind.category, kind.row, excess, cases
