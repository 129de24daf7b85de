"""A trial as a proposal's page shows it: its plan, both arms, and the evidence of gain and of harm. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.events.reflex.observations import GuardSeen, TrialObserved
from common.contracts.frozen import value
from common.contracts.trial import TrialPlan

from portal.proposal_text import taken_up

GOES_ON = frozenset({"trial_started", "trial_paused", "trial_resumed", "trial_stepped"})
"""Steps after which a trial runs, or stands still."""
MOST_GUARDS = 12
"""The nearest to their bound; the others are said to be farther."""


@value
class MeasureRow:
    """One measure in both arms; None where it is not known yet."""

    measure: str
    current: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True)
class TrialView:
    """`seen` is None before the loop has looked. `share` is what follows the change now."""

    plan: TrialPlan
    share: float
    paused: bool
    ended: Mapping[str, Any] | None
    adopted: bool
    seen: TrialObserved | None
    measures: Sequence[MeasureRow]
    guards: Sequence[GuardSeen]
    more_guards: int
    course: Sequence[Mapping[str, Any]]

    @property
    def running(self) -> bool:
        return self.ended is None and not self.adopted

    @property
    def taken_up(self) -> bool:
        """Whether a wider change is tried in its place."""
        return self.ended is not None and taken_up(self.ended)


def trial_of(data: Mapping[str, Any], seen: Mapping[str, Any] | None) -> TrialView | None:
    """None for a proposal that was never tried. `seen`: the loop's last look with its course."""
    started = data.get("trial")
    if started is None:
        return None
    plan = TrialPlan.model_validate(started["plan"])
    step = data.get("trial_step", {})
    last = [s["step"] for s in data.get("steps", ()) if s["step"] in GOES_ON]
    paused = bool(last) and last[-1] == "trial_paused"
    look = None if seen is None else TrialObserved.model_validate(seen)
    adopted = any(s["step"] == "adopted" for s in data.get("steps", ()))
    guards = sorted(look.guards, key=lambda g: -g.evidence / g.bound if g.bound > 0 else 0.0) if look else []
    return TrialView(
        plan=plan,
        share=0.0 if paused else 1.0 if adopted else float(step.get("share", plan.share)),
        paused=paused,
        ended=data.get("trial_end"),
        adopted=adopted,
        seen=look,
        measures=_measures(look),
        guards=guards[:MOST_GUARDS],
        more_guards=max(0, len(guards) - MOST_GUARDS),
        course=[] if seen is None else seen.get("course", []),
    )


def _measures(look: TrialObserved | None) -> list[MeasureRow]:
    if look is None:
        return []
    names = sorted({*look.current.measures, *look.candidate.measures})
    return [MeasureRow(n, look.current.measures.get(n), look.candidate.measures.get(n)) for n in names]
