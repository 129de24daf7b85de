"""Single cells whose cases belong to another authority, half of them from the first day of the replay."""

from __future__ import annotations

from random import Random

from laboratory.misrouting.faults.fault import Ground, Moved

CELLS = 24
FEWEST_CASES = 12
SMALL_CASES = 60


def single_cells(ground: Ground, random: Random) -> list[Moved]:
    """24 cells of any size, or as many as there are."""
    return _planted(ground, random, FEWEST_CASES, None)


def small_cells(ground: Ground, random: Random) -> list[Moved]:
    """24 cells of fewer than 60 cases."""
    return _planted(ground, random, FEWEST_CASES, SMALL_CASES)


def _planted(ground: Ground, random: Random, least: int, most: int | None) -> list[Moved]:
    fit = [cell for cell in ground.owned(least, most) if ground.others(cell)]
    first = ground.cases[0].opened_at
    found = []
    for number, cell in enumerate(random.sample(fit, min(CELLS, len(fit)))):
        since = first if number % 2 else ground.early(random)
        found.append(Moved(cell, ground.ruled[cell], random.choice(ground.others(cell)), since))
    return found
