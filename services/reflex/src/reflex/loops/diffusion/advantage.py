"""How much better a region is thought to be than the others for like cases: less than it looks, by empirical Bayes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from reflex.like_cases import Comparison
from reflex.loops.diffusion.block import Cell
from reflex.loops.diffusion.settings import Settings
from reflex.shares import Difference, shrunk, variance_between

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Advantage:
    """Shares of bad cases: how many fewer than like ones elsewhere."""

    cell: Cell
    seen: float
    """As it looks."""
    promised: float
    """As it is thought to be."""
    low: float
    """Beyond which it is with 95 in 100."""
    error: float
    """Standard deviation of what it is thought to be."""
    comparison: Comparison


def advantages(comparisons: Mapping[Cell, Comparison], settings: Settings) -> list[Advantage]:
    """Regions that are surely better by enough, best first; one a category and measure."""
    known = {
        cell: Difference(one.difference, one.standard_error**2)
        for cell, one in comparisons.items()
        if one.cases >= settings.least_cases and one.known_blocks >= settings.least_blocks and one.standard_error > 0
    }
    by_measure: dict[str, list[Difference]] = defaultdict(list)
    for cell, difference in known.items():
        by_measure[cell.measure].append(difference)
    between = {measure: variance_between(all_of_it) for measure, all_of_it in by_measure.items()}
    best: dict[tuple[str, str], Advantage] = {}
    for cell, difference in sorted(known.items()):
        thought = shrunk(difference, between[cell.measure])
        error = sqrt(thought.variance)
        low = -thought.points - Z_95 * error
        if low < settings.least_better:
            continue
        one = Advantage(cell, -difference.points, -thought.points, low, error, comparisons[cell])
        old = best.get((cell.measure, cell.category))
        if old is None or one.promised > old.promised:
            best[cell.measure, cell.category] = one
    return sorted(best.values(), key=lambda one: (-one.promised, one.cell))
