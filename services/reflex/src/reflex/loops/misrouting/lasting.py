"""How likely it is that what a cell's cases have done since a change goes on, and is no run that passes.

A cell is looked at because of an extreme run of its cases, and where queues take turns such runs come again and again:
mixed, in few days, in categories of which much is handed on under right rules too.
"""

from __future__ import annotations

import math

from reflex.loops.misrouting.winner import Winner

LASTING = (2.5, -0.3, -0.6, -1.0, -0.5, -2.5)
"""Logit of lasting: constant; log of cases a day; share of the evidence that stayed; share that ended at the target
before it; share of the evidence that ended at neither; logit of the background above that of USUAL_BACKGROUND."""
USUAL_BACKGROUND = 0.1
FEWEST_BEFORE = 3
"""Earlier cases that stayed are thought to have been seen besides a cell's own."""


def lasting_of(winner: Winner, background: float) -> float:
    """A probability; `background`: the share of the category's cases that is handed on under right rules."""
    constant, batch, stayed, before, neither, usual = LASTING
    evidence, known = len(winner.since), winner.wins + winner.losses
    logit = (
        constant
        + batch * math.log(evidence / len({o.day for o in winner.since}))
        + stayed * winner.losses / known
        + before * sum(o.end == winner.target for o in winner.before) / (len(winner.before) + FEWEST_BEFORE)
        + neither * (evidence - known) / evidence
        + usual * (_logit(background) - _logit(USUAL_BACKGROUND))
    )
    return 1 / (1 + math.exp(-logit))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
