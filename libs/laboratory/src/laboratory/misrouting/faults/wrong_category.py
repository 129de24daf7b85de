"""A category's cases belong to another authority everywhere from one day on."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from laboratory.logged_case import Cell
from laboratory.misrouting.faults.fault import Ground, Moved

FEWEST_CASES, MOST_CASES = 150, 1_500


def wrong_category(ground: Ground, random: Random) -> list[Moved]:
    """One category that one authority has in every area, and another takes that serves all of them."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in ground.ends:
        cells[cell[0]].append(cell)
    owned = set(ground.owned(least=1))
    fit: list[list[Cell]] = []
    for _, theirs in sorted(cells.items()):
        total = sum(ground.ends[c].total() for c in theirs)
        right = sum(ground.ends[c].total() for c in theirs if c in owned)
        one = len({ground.ruled[c] for c in theirs}) == 1
        if one and FEWEST_CASES <= total < MOST_CASES and right >= 0.8 * total:
            fit.append(sorted(c for c in theirs if c in owned))
    if not fit:
        return []
    struck = random.choice(fit)
    serving = set(ground.others(struck[0])).intersection(*(ground.others(c) for c in struck))
    if not serving:
        return []
    new, since = random.choice(sorted(serving)), ground.early(random)
    return [Moved(cell, ground.ruled[cell], new, since) for cell in struck]
