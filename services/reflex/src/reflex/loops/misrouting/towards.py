"""Cases of a cell that go to one authority, to which those of its category's other areas seldom go.

Where much of a category is handed on under right rules, to many authorities, the share that ends elsewhere must rise
far before it shows; the share that ends at one authority need not. So it is looked at too, by the same statistic,
against what is usual of the category's other areas at that time. Where all of them change at once it shows nothing, and
the share that ends elsewhere shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from reflex.detector import Detector
from reflex.loops.misrouting.cell import Cell, at_highest
from reflex.loops.misrouting.outcome import CellOutcome, weight
from reflex.loops.misrouting.settings import MAX_BACKGROUND
from reflex.loops.misrouting.usual import Usual

AUTHORITIES = 50
"""One that cases may go to is the first of so many: the statistic is divided by it, since any of them might show."""
PRIOR_CASES, PRIOR_SHARE = 20, 0.25
"""So many cases of the other areas are thought to have been seen before; of those that were handed on, that share went
to it."""
LEAST_RATE = 0.01


def towards(cell: Cell, uncounted: Sequence[CellOutcome], usual: Usual, background: float, least: int) -> Cell | None:
    """The cell with the statistic of the authority that most of its cases went to, at that of its uncounted cases with
    the highest; None where fewer than `least` went there.

    `uncounted` as `Cell.ahead` takes them.
    """
    known = [*cell.outcomes, *uncounted]
    ends = Counter([o.end for o in known if o.end != cell.current])
    target = min(ends, key=lambda end: (-ends[end], end), default=None)
    if target is None or ends[target] < least:
        return None
    rate = _rate(cell, target, usual, background)
    detector = Detector()
    for at, outcome in enumerate(cell.outcomes):
        detector.observe(outcome.end == target, rate, weight(cell.outcomes, at))
    until, best = at_highest(detector, known, len(cell.outcomes), lambda o: o.end == target, rate)
    return replace(cell, outcomes=known[:until], detector=Detector([one / AUTHORITIES for one in best.mixture]))


def _rate(cell: Cell, target: str, usual: Usual, background: float) -> float:
    """The share of the category's cases in other areas that went to the target though the rules named another."""
    moved, of = usual.moved_to(target)
    own = sum(o.end == target for o in cell.outcomes)
    moved, of = max(0, moved - own), max(0, of - len(cell.outcomes))
    share = (moved + PRIOR_CASES * PRIOR_SHARE * background) / (of + PRIOR_CASES)
    return round(min(max(share, LEAST_RATE), MAX_BACKGROUND), 3)
