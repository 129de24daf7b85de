"""An office's boundary moves: all its cells of one area belong to another office from one day on."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from laboratory.logged_case import Cell
from laboratory.misrouting.faults.fault import Ground, Moved

FEWEST_CELLS, FEWEST_CASES = 3, 40


def moved_office(ground: Ground, random: Random) -> list[Moved]:
    """One area and one office of at least three cells there."""
    held: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in ground.owned(least=1):
        held[(cell[1], ground.ruled[cell])].append(cell)
    fit = [
        cells
        for _, cells in sorted(held.items())
        if len(cells) >= FEWEST_CELLS and sum(ground.ends[c].total() for c in cells) >= FEWEST_CASES
        and ground.others(cells[0])
    ]  # fmt: skip
    if not fit:
        return []
    cells, since = random.choice(fit), ground.early(random)
    new = random.choice(ground.others(cells[0]))
    return [Moved(cell, ground.ruled[cell], new, since) for cell in cells]
