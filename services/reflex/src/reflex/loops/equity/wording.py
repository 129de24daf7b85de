"""What the loop says, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.events.reflex.observations import FindingMade

from reflex.like_cases import HIGHEST, Comparison
from reflex.loops.equity.block import Dimension
from reflex.loops.equity.rows import RowShare

LOOP = "equity"
SAID = {"late": "miss their deadline", "reopened": "are reopened", "poor_rating": "are rated poorly"}
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    channel: Callable[[str], str]
    category: Callable[[str], str]

    def of(self, dimension: Dimension, name: str) -> str:
        if dimension == "area":
            return f"Area {name}"
        return self.region(name) if dimension == "region" else self.channel(name)


@dataclass(frozen=True, slots=True)
class Named:
    """A place or channel that is worse off for like cases."""

    dimension: Dimension
    name: str
    measure: str
    comparison: Comparison
    compared: int
    """Places and channels, times measures, that were looked at."""
    worst: Sequence[tuple[str, float]]
    """Categories with the bad cases beyond what like ones elsewhere have, most first."""
    rows: Sequence[RowShare]
    """Rows of its own to which nearly all of the difference goes back; empty where rules do not explain it."""


def differs(one: Named, titles: Titles, now: datetime, proposal_id: str | None = None) -> FindingMade:
    """The finding that cases of a place or channel go worse than like ones elsewhere; with a proposal, that one."""
    points, error = one.comparison.difference, one.comparison.standard_error
    low, high = points - Z_95 * error, points + Z_95 * error
    what = titles.of(one.dimension, one.name)
    elsewhere = {"region": "in other regions", "area": "in other areas of the region", "channel": "by other channels"}
    words = (
        f"{what}: cases {SAID[one.measure]} more often than like ones {elsewhere[one.dimension]}, by"
        f" {100 * points:.1f} points (95 % interval {100 * low:.1f} to {100 * high:.1f}, {one.comparison.cases} cases)."
    )
    if one.worst:
        words += f" Most of it: {', '.join(titles.category(category) for category, _ in one.worst)}."
    if one.rows:
        words += f" Nearly all of it comes with rules of its own: {', '.join(share.row for share in one.rows)}."
    else:
        words += " Rules do not explain it: ask how the work is done and with how many people."
    numbers: dict[str, Any] = {
        "dimension": one.dimension, "name": one.name, "measure": one.measure, "cases": one.comparison.cases,
        "bad": one.comparison.bad, "difference": round(points, 4), "low": round(low, 4), "high": round(high, 4),
        "evidence": round(min(one.comparison.evidence, HIGHEST), 1), "compared": one.compared,
        "categories": [{"name": category, "excess": round(excess, 1)} for category, excess in one.worst],
        "rows": [_shown(share) for share in one.rows],
    }  # fmt: skip
    return FindingMade(
        loop=LOOP, key=f"equity|{one.dimension}|{one.name}|{one.measure}",
        kind="alarm" if proposal_id is None else "proposed", words=words, numbers=numbers, proposal_id=proposal_id,
        found_at=now,
    )  # fmt: skip


def title(one: Named, titles: Titles) -> str:
    """Of the proposal."""
    return f"{titles.of(one.dimension, one.name)}: rules of its own with which cases {SAID[one.measure]} more often"


def remedy(words: str) -> str:
    """What the proposal asks for."""
    return f"{words} Take them out, so that the nation's hold: a person must weigh why the region made them."


def _shown(share: RowShare) -> Mapping[str, Any]:
    return {"row": share.row, "excess": round(share.excess, 1), "cases": share.cases}
