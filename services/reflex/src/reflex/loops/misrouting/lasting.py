"""How likely it is that what a cell's cases have done since a change goes on, and is no run that passes.

A cell is looked at because of an extreme run of its cases. Where two queues take turns such runs come again and again,
for some weeks each: in categories of which much is handed on under right rules too, day upon day, and seldom unmixed.
"""

from __future__ import annotations

import math
from datetime import date

from reflex.loops.misrouting.winner import Winner

# Learnt by logistic regression from whether the next 20 cases of a proposed cell were rather the target's: proposals on
# half-years of Boston, also by wards, by departments and backwards in time, with and without planted faults.
CONSTANT = 0.6
PER_BACKGROUND = -1.6
"""For each unit of the logit of the category's background above that of USUAL_BACKGROUND."""
PER_STAYED = -1.2
"""For each unit of the log of the share that stays, as estimated under a uniform prior: fewer cases say less."""
PER_APART = 1.0
"""For each unit of the log of the days that lie between two on which cases ended at the target."""
PER_BEFORE = -0.5
"""For a target that had all cases before the change too."""
USUAL_BACKGROUND = 0.1
FEWEST_BEFORE = 3
"""So many earlier cases that stayed are thought to have been seen besides a cell's own."""
LEAST_LASTING = 0.75
"""For a change of the rule to be proposed: what passes costs people two changes, and cases what it spared."""


def lasting_of(winner: Winner, background: float) -> float:
    """A probability; `background`: the share of the category's cases that is handed on under right rules."""
    days = sorted({o.day for o in winner.since if o.end == winner.target})
    apart = ((date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1) / len(days)
    stays = (winner.lost + 1) / (winner.won + winner.lost + 2)
    before = sum(o.end == winner.target for o in winner.before) / (len(winner.before) + FEWEST_BEFORE)
    logit = (
        CONSTANT
        + PER_BACKGROUND * (_logit(background) - _logit(USUAL_BACKGROUND))
        + PER_STAYED * math.log(stays)
        + PER_APART * math.log(apart)
        + PER_BEFORE * before
    )
    return 1 / (1 + math.exp(-logit))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
