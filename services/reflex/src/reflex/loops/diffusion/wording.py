"""What the loop says, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.events.reflex.observations import FindingMade

from reflex.loops.diffusion.advantage import Advantage
from reflex.loops.diffusion.rows import OwnRow

LOOP = "diffusion"
SAID = {"late": "miss their deadline", "reopened": "are reopened"}
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    category: Callable[[str], str]


def words(one: Advantage, titles: Titles) -> str:
    """What is seen, and how much of it is promised."""
    what, where = titles.category(one.cell.category), titles.region(one.cell.region)
    seen, promised, low = (f"{100 * points:.1f}" for points in (one.seen, one.promised, one.low))
    return (
        f"{what} in {where}: like cases {SAID[one.cell.measure]} less often than elsewhere. It looks like {seen}"
        f" points; {promised} of them are to be expected again, and more than {low} with 95 % confidence"
        f" ({one.comparison.cases} cases)."
    )


def with_rule(one: Advantage, layer: str, titles: Titles) -> str:
    """The words of a proposal."""
    return (
        f"{words(one, titles)} It has a rule of its own for them, which {titles.region(layer)} has not. Whether the"
        " rule is why is not known: try it in a part."
    )


def numbers(one: Advantage) -> Mapping[str, Any]:
    return {
        "measure": one.cell.measure, "category": one.cell.category, "region": one.cell.region,
        "cases": one.comparison.cases, "seen": round(one.seen, 4), "promised": round(one.promised, 4),
        "low": round(one.low, 4), "error": round(one.error, 4),
    }  # fmt: skip


def practice(one: Advantage, titles: Titles, now: datetime) -> FindingMade:
    """The finding that a region does better, and that no rule of its own is known to be why."""
    said = f"{words(one, titles)} No rule differs: ask how the work is done there."
    return FindingMade(
        loop=LOOP, key=_key(one), kind="practice", words=said, numbers=dict(numbers(one)), found_at=now
    )  # fmt: skip


def proposed(one: Advantage, layer: str, said: str, proposal_id: str, now: datetime) -> FindingMade:
    """The finding that its rule was proposed to a layer."""
    return FindingMade(
        loop=LOOP, key=_key(one), kind="proposed", words=said, numbers={**numbers(one), "layer": layer},
        proposal_id=proposal_id, found_at=now,
    )  # fmt: skip


def title(one: Advantage, row: OwnRow, layer: str, titles: Titles) -> str:
    category, region = titles.category(one.cell.category), titles.region(one.cell.region)
    return f"{category}: the {row.table.replace('_', ' ')} rule of {region} for {titles.region(layer)}"[:LONGEST_TITLE]


def _key(one: Advantage) -> str:
    return f"diffusion|{one.cell.region}|{one.cell.category}|{one.cell.measure}"
