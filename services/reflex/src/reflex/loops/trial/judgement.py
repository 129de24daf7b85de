"""What shall become of a trial: the order that follows from its evidence, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.contracts.events.base import Actor
from common.contracts.events.rules import AdoptTrial, EndTrial, RollBackTrial, StepTrial, TrialOrder

from reflex.loops.trial import wording
from reflex.loops.trial.guarding import Guard, gain_of, last_looks, nearest
from reflex.loops.trial.settings import Settings
from reflex.loops.trial.trial import Trial
from reflex.sortable_times import text_of

HALF = 0.5
"""Of the longest time, before a trial is beyond hope."""
LOOP = Actor(id=wording.LOOP, role="loop")


def judge(trial: Trial, settings: Settings, guards: Sequence[Guard], now: datetime) -> TrialOrder | None:
    """One order at a time; harm does not wait for the answer to another order."""
    if trial.phase == "over":
        return None
    refused = trial.refused if text_of(now) < trial.quiet_until else ""
    if RollBackTrial.type not in (trial.ordered, refused):
        harm = _harm(trial, guards)
        if harm is not None:
            return harm
    if trial.phase != "running" or trial.ordered or refused:
        return None
    near = nearest(guards)
    calm = near is None or near.evidence <= settings.calm_share * near.bound
    if calm and gain_of(trial) >= settings.gain_evidence and _outcomes(trial) >= _enough(trial, settings):
        return _adopt(trial, now)
    if trial.days(now) >= trial.longest_days and (last := _at_last(trial, settings, now)) is not None:
        return last
    if reason := _without_result(trial, settings, now):
        return EndTrial(actor=LOOP, proposal_id=trial.proposal, reason=reason, numbers=wording.numbers(trial, now))
    if calm and (share := _next_share(trial)) is not None and _may_step(trial, settings, now):
        return StepTrial(
            actor=LOOP, proposal_id=trial.proposal, reason=wording.stepped(trial, share),
            numbers=wording.numbers(trial, now),
        )  # fmt: skip
    return None


def _outcomes(trial: Trial) -> int:
    """Of the arm that has fewer."""
    return min(trial.tally.outcomes(trial.aim))


def _enough(trial: Trial, settings: Settings) -> int:
    """Outcomes of each arm, before gain is believed."""
    return max(trial.least_outcomes, settings.min_outcomes)


def _harm(trial: Trial, guards: Sequence[Guard]) -> RollBackTrial | None:
    if trial.stop is not None:
        return RollBackTrial(
            actor=LOOP, proposal_id=trial.proposal, guard=trial.stop, reason=wording.stopped(trial),
            numbers=wording.sums(trial),
        )  # fmt: skip
    worst = nearest(guards)
    if worst is None or worst.evidence < worst.bound:
        return None
    return RollBackTrial(
        actor=LOOP, proposal_id=trial.proposal, guard=worst.measure, reason=wording.harmed(trial, worst),
        numbers={**wording.sums(trial), "evidence": wording.bounded(worst.evidence), "bound": worst.bound},
    )  # fmt: skip


def _adopt(trial: Trial, now: datetime) -> AdoptTrial:
    return AdoptTrial(
        actor=LOOP, proposal_id=trial.proposal, reason=wording.gained(trial), numbers=wording.numbers(trial, now)
    )


def _at_last(trial: Trial, settings: Settings, now: datetime) -> TrialOrder | None:
    """Harm that one test shows; else a longer deadline is rolled back where it was not kept as promised, or adopted
    where it was, and one test shows that it is needed."""
    harm = _harm_at_last(trial, settings)
    promise = trial.kept_promise
    if harm is not None or promise is None or _outcomes(trial) < _enough(trial, settings):
        return harm
    if trial.share_in_time() >= promise.low:
        return _adopt(trial, now) if trial.need.chance() <= 1 / settings.gain_evidence else None
    return RollBackTrial(
        actor=LOOP, proposal_id=trial.proposal, guard="promise", reason=wording.not_kept(trial, promise),
        numbers=wording.numbers(trial, now),
    )  # fmt: skip


def _harm_at_last(trial: Trial, settings: Settings) -> RollBackTrial | None:
    worst = min(last_looks(trial, settings), key=lambda look: look.chance / look.bound, default=None)
    if worst is None or worst.chance > worst.bound:
        return None
    return RollBackTrial(
        actor=LOOP, proposal_id=trial.proposal, guard=worst.measure, reason=wording.harmed_at_last(trial, worst),
        numbers={**wording.sums(trial), "chance": wording.bounded(worst.chance), "chance_bound": worst.bound},
    )  # fmt: skip


def _without_result(trial: Trial, settings: Settings, now: datetime) -> str | None:
    """Why nothing more is to be waited for."""
    days = trial.days(now)
    if days >= trial.longest_days:
        return wording.too_long(trial)
    if days < HALF * trial.longest_days:
        return None
    if not trial.by_case and len(trial.units.drawn) < settings.min_units:
        return wording.too_few_units(trial, len(trial.units.drawn), settings.min_units)
    if sum(trial.tally.drawn) * trial.longest_days < 2 * _enough(trial, settings) * days:
        return wording.too_few_cases(trial)
    return None


def _next_share(trial: Trial) -> float | None:
    """The next greater share that leaves a part under the rule in force: without one there is nothing to compare."""
    return next((share for share in trial.steps if trial.share < share < 1), None)


def _may_step(trial: Trial, settings: Settings, now: datetime) -> bool:
    """After the shortest time, once each arm has its least number of outcomes, or where that number would not come
    within this share's part of the longest time: so few cases can do little harm."""
    days = trial.days_of_share(now)
    if days < settings.step_days:
        return False
    if _outcomes(trial) >= trial.least_outcomes:
        return True
    part = trial.longest_days / len(trial.steps)
    drawn = (sum(trial.tally.drawn) - sum(trial.drawn_before)) * min(trial.share, 1 - trial.share)
    return drawn * part < trial.least_outcomes * days
