"""Every guard of a trial: the evidence of harm so far, and the bound at which it is rolled back.

All guards together have 1 / `guard_evidence` of false alarms to share. Where there are places to tell apart, the
measures over all cases share two thirds of it; one third is shared by every measure in every region, area and
channel, so that the worst-off one of many pays for their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from common.contracts.trial import TrialMeasure

from reflex.loops.trial.arm_bet import e_value
from reflex.loops.trial.arm_tally import EVERYWHERE
from reflex.loops.trial.settings import Settings
from reflex.loops.trial.trial import Trial
from reflex.loops.trial.unit_tally import GAIN

OF_ALL_CASES, OF_PLACES = 2 / 3, 1 / 3
"""Parts of the false alarms that guards over all cases have to share, and guards of places."""

Places = Callable[[str], Mapping[str, int]]
"""Layer -> how many regions, areas and channels its rules may reach, by kind of place."""


class Guard(NamedTuple):
    """One measure of harm, over all cases or in the worst-off place of a kind."""

    measure: TrialMeasure
    place: str
    evidence: float
    bound: float


def gain_of(trial: Trial) -> float:
    """The e-value of gain."""
    return e_value((trial.tally.gain,)) if trial.by_case else trial.units.evidence.get(GAIN, 1.0)


def guards_of_trial(trial: Trial, settings: Settings, places: Mapping[str, int]) -> Iterator[Guard]:
    """Each measure over all cases, and in the worst-off place of each kind of which there are several."""
    kinds = [kind for kind, number in places.items() if number > 1] if trial.by_case else []
    each = settings.guard_evidence * len(trial.guards)
    bound = each / OF_ALL_CASES if kinds else each
    for measure in trial.guards:
        if not trial.by_case:
            yield Guard(measure, EVERYWHERE, trial.units.evidence.get(measure, 1.0), bound)
            continue
        worst = trial.tally.worst(measure)
        yield Guard(measure, EVERYWHERE, worst.get(EVERYWHERE, (1.0, ""))[0], bound)
        for kind in kinds:
            if kind in worst:
                value, place = worst[kind]
                yield Guard(measure, place, value, each / OF_PLACES * len(kinds) * places[kind])


def nearest(guards: Iterable[Guard]) -> Guard | None:
    """The guard that is nearest to its bound."""
    return max(guards, key=lambda g: g.evidence / g.bound, default=None)
