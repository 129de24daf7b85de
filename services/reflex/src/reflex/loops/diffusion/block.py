"""What counted in one block of time by category and region, and how regions compare in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from reflex.fortnights import CountsByKind
from reflex.like_cases import Block, Counts, blocks_of


class Cell(NamedTuple):
    """A category in a region, by one measure."""

    measure: str
    category: str
    region: str

    @property
    def key(self) -> str:
        return "\t".join(self)


class Kind(NamedTuple):
    """Cases of a cell that came by one channel."""

    measure: str
    category: str
    region: str
    channel: str


class OpenBlock(CountsByKind[Kind]):
    """What has counted in the running fortnight."""

    def __init__(self) -> None:
        super().__init__(Kind)

    def compared(self) -> Iterator[tuple[Cell, Block]]:
        """Each region with all others, category by category, for like channels."""
        strata: dict[tuple[str, str], dict[str, dict[str, Counts]]] = defaultdict(dict)
        for kind, (cases, bad) in self._counts.items():
            strata[kind.measure, kind.category].setdefault(kind.channel, {})[kind.region] = (cases, bad)
        for (measure, category), channels in sorted(strata.items()):
            for region, block in sorted(blocks_of(channels.values()).items()):
                yield Cell(measure, category, region), block
