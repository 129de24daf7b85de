"""Cases that stay although others like them are handed on: what transfers alone cannot tell.

Where about as many cases of a cell stay with the authority that the rule names as go on from it to one other, either
only some of them belong there, or the desk answers cases that are not its own. Both look alike in transfers, so no
route is proposed; people are told of the desk, with all of its cells where that is so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.settings import InForce
from reflex.loops.misrouting.winner import FEWEST_DAYS, Winner

FEWEST_STAYED = 3
SHARE_OF_ONE = 0.8
"""Of the cases that left since the change, so many went to one authority: else nobody takes the cell's cases."""


@dataclass(frozen=True, slots=True)
class Divided:
    """A cell of which some cases go on to one authority and others stay."""

    cell: Cell
    target: str
    gone: int
    stayed: int


def divided(cell: Cell, winner: Winner | None, rules: InForce) -> Divided | None:
    """`winner` is not believed; None where too few cases went to it, too few stayed, or others had them as well."""
    if winner is None or cell.detector.value < rules.settings.sr_threshold:
        return None
    left = len(winner.since) - winner.losses
    enough = winner.wins >= rules.settings.min_cases and winner.days >= FEWEST_DAYS
    if not enough or winner.losses < FEWEST_STAYED or winner.wins < SHARE_OF_ONE * left:
        return None
    return Divided(cell, winner.target, winner.wins, winner.losses)


def of_desk(first: Divided, cells: Iterable[Cell], rules: InForce, moment: str) -> list[Divided]:
    """All divided cells of one desk that nothing is open about, in order of their keys."""
    found = [first]
    for cell in cells:
        if cell.current == first.cell.current and cell.key != first.cell.key and cell.proposal is None:
            one = divided(cell, cell.winner(), rules)
            if one is not None and moment >= cell.quiet_until:
                found.append(one)
    return sorted(found, key=lambda one: one.cell.key)
