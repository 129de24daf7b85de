"""Which step of which proposal a release is, in words."""

from __future__ import annotations

from collections.abc import Iterator

from common.contracts.events.rules import (
    ProposalAdopted,
    ProposalReleased,
    TrialEnded,
    TrialPaused,
    TrialResumed,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from common.contracts.trial import TrialPlan, TrialUnit
from common.rulebook.release import Release
from common.rulebook.trial import share_of

from otklik.known_rules import KnownRules

UNITS: dict[TrialUnit, str] = {"case": "cases", "area": "areas", "authority": "authorities"}


def origin(rules: KnownRules, release: Release) -> Iterator[str]:
    """The proposal of a release, who accepted it, and what this release does about it; no line for a first release."""
    if release.number == 1:
        return
    steps = rules.steps.get((release.layer, release.number), ())
    ended = _holdouts_ended(rules, release)
    proposal_id = rules.came_from.get((release.layer, release.number))
    named = [proposal_id] if proposal_id is not None else []
    for name in dict.fromkeys([*named, *(s.proposal_id for s in steps), *(p.proposal_id for p in ended)]):
        yield from _proposal(rules, name)
        yield from (step_words(s) for s in steps if s.proposal_id == name)
        for plan in (p for p in ended if p.proposal_id == name):
            yield f"the {UNITS[plan.unit]} that had kept the rule before it follow it too"
    if not named and not steps and not ended:
        yield "of no proposal: it takes effect earlier than its predecessor said"


def step_words(step: ProposalReleased) -> str:
    match step:
        case TrialStarted():
            return f"its trial begins: {share_words(step.plan)} follow it"
        case TrialStepped():
            return f"its trial goes on: {100 * step.share:g} % follow it{_by(step.actor, step.reason)}"
        case TrialPaused():
            return f"its trial is paused: nobody follows it for now{_by(step.actor, step.reason)}"
        case TrialResumed():
            return f"its trial goes on after the pause: {100 * step.share:g} % follow it{_by(step.actor, step.reason)}"
        case TrialRolledBack():
            guard = f" (it harmed: {step.guard.replace('_', ' ')})" if step.guard is not None else ""
            return f"rolled back, the rule before it holds for all{guard}{_by(step.actor, step.reason)}"
        case TrialEnded():
            return f"its trial ended without a result, the rule before it stays{_by(step.actor, step.reason)}"
        case ProposalAdopted():
            how = "adopted without a trial" if step.canary_skipped else "adopted after its trial"
            why = f": {step.reason}" if step.reason else ""
            again = f"; to be looked at again on {step.review_at:%Y-%m-%d}" if step.review_at is not None else ""
            kept = (
                f"; until {step.holdout_until:%Y-%m-%d} a part keeps the rule before it" if step.holdout_until else ""
            )
            return f"{how}{why}{again}{kept}"
        case _:
            return step.type


def share_words(plan: TrialPlan) -> str:
    return f"{100 * share_of(plan):g} % of the {UNITS[plan.unit]}"


def _proposal(rules: KnownRules, proposal_id: str) -> Iterator[str]:
    proposal, accepted = rules.proposals.get(proposal_id), rules.accepted.get(proposal_id)
    yield f"proposal {proposal_id[:8]}" + (f" by {proposal.actor}: {proposal.title}" if proposal is not None else "")
    if accepted is not None:
        yield f"accepted by {accepted.actor}" + (f": {accepted.reason}" if accepted.reason else "")


def _holdouts_ended(rules: KnownRules, release: Release) -> list[TrialPlan]:
    """Adopted changes that a part was still kept from in the release before."""
    before = next((r for r in rules.layer(release.layer) if r.number == release.number - 1), None)
    left = {plan.proposal_id for plan in release.trials}
    taken_back = {s.proposal_id for s in rules.steps.get((release.layer, release.number), ())}
    gone = [p for p in before.trials if p.adopted and p.proposal_id not in left] if before is not None else []
    return [plan for plan in gone if plan.proposal_id not in taken_back]


def _by(actor: str, reason: str) -> str:
    return f", by {actor}" + (f": {reason}" if reason else "")
