"""Whether rows of a region's own explain its difference: the bad cases beyond like ones elsewhere, by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MOST = 0.8
"""Of a difference that rows explain, so much comes with them."""
MOST_ROWS = 5
OTHERS = ""
"""Cases that no row of the region's own decided."""


@dataclass(frozen=True, slots=True)
class RowShare:
    """A row `table|layer|row`, with its share of the difference."""

    row: str
    excess: float
    cases: int


@lru_cache(maxsize=10_000)
def own_row(region: str, measure: str, rows: tuple[str, ...]) -> str:
    """The region's own row that decided what a measure is about; OTHERS where there is none."""
    own = [row for row in rows if row.split("|")[1] == region]
    dated = [row for row in own if row.startswith("deadline|")] if measure == "late" else []
    return next(iter([*dated, *own]), OTHERS)


def explaining(shares: Mapping[str, tuple[float, int]]) -> Sequence[RowShare]:
    """Rows with which nearly all of an excess comes, though they decide by far not all of the cases; else nothing."""
    total, cases = (sum(share[i] for share in shares.values()) for i in (0, 1))
    own = [RowShare(row, excess, count) for row, (excess, count) in shares.items() if row != OTHERS and excess > 0]
    own.sort(key=lambda share: (-share.excess, share.row))
    own = own[:MOST_ROWS]
    explained, decided = sum(share.excess for share in own), sum(share.cases for share in own)
    if total <= 0 or explained < MOST * total or decided > MOST * MOST * cases:
        return []
    return own
