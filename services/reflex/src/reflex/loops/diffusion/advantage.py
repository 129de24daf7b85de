"""How much better a region is thought to be than the others for like cases: less than it looks, by empirical Bayes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from reflex.like_cases import Comparison
from reflex.loops.diffusion.block import Cell
from reflex.loops.diffusion.settings import Settings
from reflex.shares import Difference, mixture_of, shrunk_by

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
    measures: dict[str, dict[Cell, Comparison]] = defaultdict(dict)
    for cell, one in sorted(comparisons.items()):
        enough = one.cases >= settings.least_cases and one.known_blocks >= settings.least_blocks
        if enough and one.weight and one.variance_alone:
            measures[cell.measure][cell] = one
    best: dict[tuple[str, str], Advantage] = {}
    for known in measures.values():
        for found in _of_one_measure(known):
            old = best.get((found.cell.measure, found.cell.category))
            if found.low >= settings.least_better and (old is None or found.promised > old.promised):
                best[found.cell.measure, found.cell.category] = found
    return sorted(best.values(), key=lambda one: (-one.promised, one.cell))


def _of_one_measure(known: Mapping[Cell, Comparison]) -> Iterator[Advantage]:
    """Differences are measured by how much single cases of their category vary: a point is much where one in a hundred
    is bad, and little where one in two is. How true ones vary is then alike for all categories."""
    dispersion = max(
        1.0, sum(c.variance_between for c in known.values()) / sum(c.variance_alone for c in known.values())
    )
    scales = {cell: sqrt(one.variance_alone / one.weight) for cell, one in known.items()}
    scaled = {
        cell: Difference(
            one.difference / scales[cell], dispersion * one.variance_alone / (one.weight * scales[cell]) ** 2
        )
        for cell, one in known.items()
    }
    prior = mixture_of(list(scaled.values()))
    for cell, difference in scaled.items():
        thought, scale = shrunk_by(difference, prior), scales[cell]
        promised, error = -scale * thought.points, scale * sqrt(thought.variance)
        yield Advantage(cell, -scale * difference.points, promised, promised - Z_95 * error, error, known[cell])
