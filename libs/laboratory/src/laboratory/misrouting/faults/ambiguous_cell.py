"""Cells in which category and area do not tell whose a case is: half of them belong to another authority."""

from __future__ import annotations

from random import Random

from laboratory.misrouting.faults.fault import Ground, Moved

CELLS, FEWEST_CASES = 6, 40


def ambiguous_cells(ground: Ground, random: Random) -> list[Moved]:
    """Six cells of at least 40 cases."""
    fit = [cell for cell in ground.owned(FEWEST_CASES) if ground.others(cell)]
    return [
        Moved(cell, ground.ruled[cell], random.choice(ground.others(cell)), ground.early(random), share=0.5)
        for cell in random.sample(fit, min(CELLS, len(fit)))
    ]
