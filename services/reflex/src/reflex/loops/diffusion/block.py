"""What counted in one block of time by category and region, and how regions compare in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

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

    @property
    def key(self) -> str:
        return "\t".join(self)


class OpenBlock:
    """Counts by kind of case."""

    def __init__(self) -> None:
        self._counts: dict[Kind, list[int]] = {}

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        self._counts = {Kind(*key.split("\t")): list(body["counts"]) for key, body in bodies.items()}

    def body(self, key: str) -> dict[str, Any] | None:
        counts = self._counts.get(Kind(*key.split("\t")))
        return None if counts is None else {"counts": counts}

    def count(self, kind: Kind, *, bad: bool) -> None:
        counts = self._counts.setdefault(kind, [0, 0])
        counts[0] += 1
        counts[1] += bad

    def clear(self) -> list[str]:
        """Forget all; returns the keys."""
        keys = [kind.key for kind in self._counts]
        self._counts = {}
        return keys

    def compared(self) -> Iterator[tuple[Cell, Block]]:
        """Each region with all others, category by category, for like channels."""
        strata: dict[tuple[str, str], dict[str, dict[str, Counts]]] = defaultdict(dict)
        for kind, (cases, bad) in self._counts.items():
            strata[kind.measure, kind.category].setdefault(kind.channel, {})[kind.region] = (cases, bad)
        for (measure, category), channels in sorted(strata.items()):
            for region, block in sorted(blocks_of(channels.values()).items()):
                yield Cell(measure, category, region), block
