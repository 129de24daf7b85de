"""A trial as it stands, for people: published when it has changed notably, and daily."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from common.contracts.events.reflex.observations import ArmSeen, GuardSeen, TrialObserved

from reflex.loops.trial.guarding import Guard, gain_of, nearest
from reflex.loops.trial.settings import Settings
from reflex.loops.trial.trial import Trial
from reflex.loops.trial.wording import bounded
from reflex.sortable_times import text_of

AT_LEAST_EVERY = timedelta(days=1)
GROWN = 1.25
"""So many times the cases are notably more."""
FEWEST_MORE = 5
TIMES_EVIDENCE = 2.0
"""Evidence that was multiplied or divided by so much has changed notably."""


def observed(trial: Trial, settings: Settings, guards: Sequence[Guard], now: datetime) -> TrialObserved:
    """Both arms, the evidence of gain, and every guard."""
    arms = []
    for candidate in (False, True):
        measures = {name: round(share, 4) for name, share in trial.tally.shares(candidate)}
        outcomes = trial.tally.outcomes(trial.aim)[candidate]
        arms.append(ArmSeen(units=trial.tally.drawn[candidate], outcomes=outcomes, measures=measures))
    return TrialObserved(
        proposal_id=trial.proposal, share=0.0 if trial.phase == "paused" else trial.share, current=arms[0],
        candidate=arms[1], gain=bounded(gain_of(trial)), gain_bound=settings.gain_evidence,
        guards=tuple(
            GuardSeen(guard=g.measure, place=g.place or None, evidence=bounded(g.evidence), bound=g.bound)
            for g in guards
        ),
        observed_at=now,
    )  # fmt: skip


def in_short(trial: Trial, guards: Sequence[Guard], now: datetime) -> dict[str, Any]:
    """By what it is told whether a trial has changed notably since."""
    near = nearest(guards)
    return {
        "at": text_of(now), "stands": f"{trial.phase} {trial.share:g} {trial.ordered} {trial.stop}",
        "cases": sum(trial.tally.drawn) + sum(map(sum, trial.tally.counted.values())),
        "gain": bounded(gain_of(trial)), "near": 0.0 if near is None else near.evidence / near.bound,
    }  # fmt: skip


def notable(before: dict[str, Any], after: dict[str, Any], now: datetime) -> bool:
    """Whether people should see it anew."""
    if not before or before["stands"] != after["stands"]:
        return True
    if now - datetime.fromisoformat(before["at"]) >= AT_LEAST_EVERY:
        return True
    more = after["cases"] - before["cases"]
    if more >= FEWEST_MORE and after["cases"] >= GROWN * before["cases"]:
        return True
    return any(_moved(before[name], after[name], above) for name, above in (("gain", 1.0), ("near", 0.01)))


def _moved(before: float, after: float, above: float) -> bool:
    """Whether evidence that says something was multiplied or divided."""
    if max(before, after) <= above:
        return False
    return abs(math.log(max(after, 1e-12) / max(before, 1e-12))) >= math.log(TIMES_EVIDENCE)
