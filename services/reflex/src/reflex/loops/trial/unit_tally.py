"""Cases by district or authority, for a trial whose unit that is; and the evidence of its looks so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.contracts.trial import TrialMeasure

from reflex.loops.trial.arm_bet import LESS, MORE
from reflex.loops.trial.unit_evidence import LOOKS, WEIGHTS, look_value

GAIN = "gain"


@dataclass(slots=True)
class UnitTally:
    """Counts are of the share of the moment: with another share other units have the candidate."""

    drawn: dict[str, bool] = field(default_factory=dict)
    """Unit -> whether it has the candidate."""
    counts: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """Measure -> unit -> cases and bad ones."""
    looks: int = 0
    evidence: dict[str, float] = field(default_factory=dict)
    """Of gain, and of harm by measure: the weighted sum over the looks so far."""

    def restart(self) -> None:
        """Another share begins; what was concluded stays."""
        self.drawn, self.counts = {}, {}

    def count(self, measure: TrialMeasure, unit: str, *, bad: bool) -> None:
        if unit in self.drawn:
            sums = self.counts.setdefault(measure, {}).setdefault(unit, [0, 0])
            sums[0] += 1
            sums[1] += bad

    def units(self, measure: TrialMeasure) -> int:
        """How many units have a case that was counted."""
        return len(self.counts.get(measure, {}))

    def look(self, elapsed: float, share: float, aim: TrialMeasure, guards: Sequence[TrialMeasure], least: int) -> bool:
        """Take the looks that are due after a part of the longest time; whether there were any. Fewer than `least`
        units say nothing."""
        before = self.looks
        while self.looks < len(LOOKS) and elapsed >= LOOKS[self.looks]:
            weight = WEIGHTS[self.looks]
            self.looks += 1
            for key, measure, direction in ((GAIN, aim, LESS), *((guard, guard, MORE) for guard in guards)):
                enough = self.units(measure) >= least
                value = look_value(self.counts[measure], self.drawn, share, direction) if enough else 1.0
                self.evidence[key] = self.evidence.get(key, 0.0) + weight * value
        return self.looks > before
