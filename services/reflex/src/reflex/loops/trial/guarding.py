"""Every guard of a trial: the evidence of harm so far, and the bound at which it is rolled back.

All guards together have 1 / `guard_evidence` of false alarms to share. A third is for the last look, when the longest
time is over. Of the rest, where there are places to tell apart, the measures over all cases have two thirds; one third
is shared by every measure in every region, area and channel, so that the worst-off one of many pays for their number.
What comes of every case is known of more cases, and sooner, than what comes of some: it has the greater part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from common.contracts.trial import TrialMeasure

from reflex.loops.trial.arm_bet import e_value
from reflex.loops.trial.arm_tally import EVERYWHERE
from reflex.loops.trial.last_look import chance_of_as_many
from reflex.loops.trial.settings import Settings
from reflex.loops.trial.trial import Trial
from reflex.loops.trial.unit_tally import GAIN

LAST_LOOK = 1 / 3
"""The part of the false alarms that the last look has."""
OF_ALL_CASES, OF_PLACES = 2 / 3, 1 / 3
"""Parts of the rest that guards over all cases have to share, and guards of places."""
WEIGHTS: Mapping[TrialMeasure, float] = {
    "transferred": 0.3, "overdue": 0.3, "slower": 0.3, "open_age": 0.1, "reopened": 0.15, "rating": 0.15,
}  # fmt: skip
"""In what proportion measures share."""

Places = Callable[[str], Mapping[str, int]]
"""Layer -> how many regions, areas and channels its rules may reach, by kind of place."""


class Guard(NamedTuple):
    """One measure of harm, over all cases or in the worst-off place of a kind."""

    measure: TrialMeasure
    place: str
    evidence: float
    bound: float


class LastLook(NamedTuple):
    """One measure of harm over all cases at the end: how probable it is without an effect, and its bound."""

    measure: TrialMeasure
    chance: float
    bound: float


def gain_of(trial: Trial) -> float:
    """The e-value of gain; of a longer deadline the lesser of two: that more than the least is kept of what was
    promised, and that it is needed."""
    if trial.kept_promise is not None:
        return min(e_value((trial.kept_promise.log,)), trial.need.evidence())
    return e_value((trial.tally.gain,)) if trial.by_case else trial.units.evidence.get(GAIN, 1.0)


def guards_of_trial(trial: Trial, settings: Settings, places: Mapping[str, int]) -> Iterator[Guard]:
    """Each measure over all cases, and in the worst-off place of each kind of which there are several."""
    if not trial.by_case:
        bound = settings.guard_evidence * len(trial.guards)
        for measure in trial.guards:
            yield Guard(measure, EVERYWHERE, trial.units.evidence.get(measure, 1.0), bound)
        return
    kinds = [kind for kind, number in places.items() if number > 1]
    for measure in trial.guards:
        each = settings.guard_evidence / (1 - LAST_LOOK) / _part(measure, trial)
        bound = each / OF_ALL_CASES if kinds else each
        worst = trial.tally.worst(measure)
        yield Guard(measure, EVERYWHERE, worst.get(EVERYWHERE, (1.0, ""))[0], bound)
        for kind in kinds:
            if kind in worst:
                value, place = worst[kind]
                yield Guard(measure, place, value, each / OF_PLACES * len(kinds) * places[kind])


def last_looks(trial: Trial, settings: Settings) -> Iterator[LastLook]:
    """Each measure that was counted; units are compared at looks of their own."""
    for measure in trial.guards if trial.by_case else ():
        strata = trial.tally.by_share.get(measure)
        if strata:
            bound = LAST_LOOK * _part(measure, trial) / settings.guard_evidence
            yield LastLook(measure, chance_of_as_many(strata.values()), bound)


def _part(measure: TrialMeasure, trial: Trial) -> float:
    """Of what all measures that the plan names have to share."""
    return WEIGHTS[measure] / sum(WEIGHTS[each] for each in trial.guards)


def nearest(guards: Iterable[Guard]) -> Guard | None:
    """The guard that is nearest to its bound."""
    return max(guards, key=lambda g: g.evidence / g.bound, default=None)
