"""From acceptance to adoption: a change is adopted untried, tried, or waits for another's trial to end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from common.contracts.envelope import derived_id
from common.contracts.events.rules import (
    SETTLED_DAYS,
    ChangeReversed,
    ProposalAdopted,
    ProposalReturned,
    TrialStarted,
    TrialWaits,
)
from common.contracts.refusals import coded
from common.contracts.trial import MEASURES, TrialPlan
from common.rulebook import Release
from common.rulebook.examination import Fit, Unfit, examine
from common.rulebook.oracle import differences

from rules.answers import answers
from rules.model import Proposal, RulesState
from rules.publishing import in_force_from, others_of, publish_next
from rules.sharing import offices, share_cases, share_rows
from rules.steps import Steps
from rules.taking_up import narrower_than, take_up_all
from rules.terms import TrialTerms, trial_terms

REVIEW_AFTER = timedelta(days=90)
"""A change without a forecast is looked at again so long after its adoption."""

AHEAD_FOR_A_CASE = timedelta(days=60)
"""A change that promises a case a day more is tried before one that was accepted so much earlier."""
FARTHEST_AHEAD = timedelta(days=365)
"""However much it promises: so none waits for ever behind what is accepted later."""
MOST_TAKEN = 0.2
"""Of a change's cases, that may be of trials of narrower ones while it is tried."""
OLD = datetime(1970, 1, 1, tzinfo=UTC)


def examined(steps: Steps, proposal: Proposal) -> Fit | Unfit:
    """Its patch against the head of its layer. Slow: that runs zen-engine."""
    return examine(proposal.patch, steps.state.heads, steps.names, differences)


def give_back(steps: Steps, proposal: Proposal, found: Unfit) -> None:
    """It no longer applies: the author must propose again."""
    why = "; ".join((found.reason, *found.rows[:5]))
    returned = ProposalReturned(proposal_id=proposal.id, **{**coded(found.reason), "reason": why})
    steps.close(proposal, "returned", returned)


def begin(steps: Steps, proposal: Proposal, found: Fit) -> None:
    """An accepted proposal that fits its layer's head: adopt it untried, try it, or let it wait."""
    terms = trial_terms(steps.state.heads, proposal.patch, proposal.cases_a_day)
    if terms is None:
        adopt(steps, proposal, found, ())
        return
    narrower = narrower_than(steps.state, proposal, found.tables)
    if not in_the_way(steps.state, proposal, terms.beside, {other.id for other in narrower}):
        _start(steps, replace(take_up_all(steps, narrower, proposal), behind=()), found, terms)
    else:
        _wait(steps, proposal, in_the_way(steps.state, proposal, terms.beside))


def _wait(steps: Steps, proposal: Proposal, behind: tuple[str, ...]) -> None:
    if behind != proposal.behind:
        waits = replace(proposal, state="accepted", behind=behind)
        steps.close(waits, "accepted", TrialWaits(proposal_id=proposal.id, behind=behind))


def begin_waiting(steps: Steps) -> None:
    """Try what has waited, in its order, where nothing is in its way any more, or what is has changed."""
    waiting = sorted((p for p in steps.state.proposals.values() if p.state == "accepted"), key=_turn)
    for name in [proposal.id for proposal in waiting]:
        proposal = steps.state.proposals[name]
        if proposal.state != "accepted":
            continue
        terms = trial_terms(steps.state.heads, proposal.patch, proposal.cases_a_day)
        behind = in_the_way(steps.state, proposal, 0 if terms is None else terms.beside)
        if behind and behind == proposal.behind:
            continue
        others = [steps.state.proposals[other].patch for other in behind]
        if not all(share_cases(other, proposal.patch) for other in others):
            # None of these is narrower: to examine it, which takes long, would change nothing.
            _wait(steps, proposal, behind)
            continue
        found = examined(steps, proposal)
        if isinstance(found, Unfit):
            give_back(steps, proposal, found)
        else:
            begin(steps, proposal, found)


def in_the_way(
    state: RulesState, proposal: Proposal, most_beside: float, without: Collection[str] = ()
) -> tuple[str, ...]:
    """Proposals on trial, or waiting with an earlier turn, for which it must wait, in order of their turns.

    These are all that concern cases of its own, unless what they take of these leaves it enough: a case that two trials
    concern is of the narrower one alone. An office is not to be hit by several changes at once, so they are also all
    that name one of its offices, where they and it concern more than `most_beside` cases a day together. Trials that
    concern fewer, and other cases, are told apart by the arms of these.
    """
    turn = _turn(proposal)
    before_it = (
        other
        for other in state.proposals.values()
        if other.state == "on_trial" or (other.state == "accepted" and _turn(other) < turn)
        if other.id != proposal.id and other.id not in without
    )
    others = sorted(before_it, key=_turn)
    sharing = [other for other in others if share_cases(other.patch, proposal.patch)]
    same_row = [other for other in sharing if share_rows(other.patch, proposal.patch)]
    found = {other.id for other in (same_row if _leave_enough(sharing, proposal) else sharing)}
    for office in offices(proposal.patch):
        there = [other for other in others if office in offices(other.patch)]
        if there and not _fit((proposal, *there), most_beside):
            found |= {other.id for other in there}
    return tuple(other.id for other in others if other.id in found)


def _leave_enough(narrower: Sequence[Proposal], proposal: Proposal) -> bool:
    """Whether nearly all cases of a proposal are of no narrower one."""
    taken = [one.cases_a_day for one in narrower if one.cases_a_day is not None]
    known = proposal.cases_a_day is not None and len(taken) == len(narrower)
    return known and sum(taken) <= MOST_TAKEN * (proposal.cases_a_day or 0)


def _fit(proposals: Sequence[Proposal], most: float) -> bool:
    """Whether all of them concern at most so many cases a day together."""
    known = [one.cases_a_day for one in proposals if one.cases_a_day is not None]
    return most > 0 and len(known) == len(proposals) and sum(known) <= most


def adopt(
    steps: Steps, proposal: Proposal, found: Fit, holdout: tuple[TrialPlan, ...], *, tried: bool = False,
    reason: str | None = None, numbers: dict[str, float] | None = None,
) -> None:  # fmt: skip
    """The patch becomes part of the rules; `holdout` is the part that keeps the rule before it."""
    layer = proposal.patch.layer
    before_it = answers(proposal.patch, steps.state.heads)
    after_it = answers(proposal.patch, steps.state.heads, found.tables)
    left = {asked: said for asked, said in before_it.items() if after_it.get(asked) != said}
    trials = (*others_of(steps.state.heads[layer], proposal.id), *holdout)
    release = publish_next(steps, layer, found.tables, proposal.id, trials)
    review_at = _review_at(proposal, release.effective_at)
    adopted = ProposalAdopted(
        proposal_id=proposal.id, layer=layer, number=release.number, effective_at=release.effective_at,
        canary_skipped=not tried, review_at=review_at, reason=reason, numbers=numbers or None,
        holdout_until=next((plan.holdout_until for plan in holdout), None),
    )  # fmt: skip
    kept = replace(
        proposal, reversal=found.reversal, review_at=review_at, resumes_at=None, behind=(), left=left,
        adopted_at=release.effective_at,
    )  # fmt: skip
    steps.close(kept, "adopted", adopted)
    before = steps.state.proposals.get(proposal.reverses or "")
    if before is not None:
        reversed_by = ChangeReversed(proposal_id=before.id, reversal_id=proposal.id, effective_at=release.effective_at)
        steps.close(before, "reversed", reversed_by)


def _start(steps: Steps, proposal: Proposal, found: Fit, terms: TrialTerms) -> None:
    head = steps.state.heads[proposal.patch.layer]
    effective_at = in_force_from(steps, head.layer)
    plan = TrialPlan(
        proposal_id=proposal.id,
        patch=proposal.patch.model_copy(update={"base_number": head.number}),
        reversal=found.reversal,
        unit=terms.unit,
        strata=terms.strata,
        share=terms.steps[0],
        steps=terms.steps,
        salt=derived_id("trial", proposal.id),
        guards=MEASURES,
        least_outcomes=terms.least_outcomes,
        longest_days=terms.longest_days,
        started_at=effective_at,
    )
    release = publish_next(steps, head.layer, head.tables, proposal.id, (*_yielding(head, plan), plan))
    started = TrialStarted(
        proposal_id=proposal.id, layer=release.layer, number=release.number, effective_at=effective_at, plan=plan
    )
    kept = replace(
        proposal, reversal=found.reversal, holdout_percent=terms.holdout_percent, holdout_days=terms.holdout_days
    )
    steps.close(kept, "on_trial", started)


def _yielding(head: Release, plan: TrialPlan) -> list[TrialPlan]:
    """The head's plans without the holdouts that concern cases of the new trial: they hold nothing."""
    return [p for p in head.trials if not (p.adopted and share_cases(p.patch, plan.patch))]


def _review_at(proposal: Proposal, effective_at: datetime) -> datetime:
    """When the forecast can be scored, see Forecast.review_after."""
    if proposal.forecast_until is None:
        return effective_at + REVIEW_AFTER
    return max(proposal.forecast_until, effective_at + timedelta(days=(proposal.horizon_days or 0) + SETTLED_DAYS))


def _turn(proposal: Proposal) -> tuple[datetime, int, str]:
    """Whose trial is started first: the one accepted earlier, each dated back by what it promises a day. All that wait
    grow older alike, so the order of two never changes."""
    ahead = min(AHEAD_FOR_A_CASE * min(proposal.promised, 1_000), FARTHEST_AHEAD)
    return (proposal.accepted_at or OLD) - ahead, proposal.accepted, proposal.id
