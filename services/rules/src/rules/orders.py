"""Orders about a trial that runs: a greater share, a pause, adoption, or its end. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from common.contracts.events.rules import (
    AdoptTrial,
    EndTrial,
    PauseTrial,
    ResumeTrial,
    RollBackTrial,
    StepTrial,
    TrialOrder,
    TrialPaused,
    TrialResumed,
    TrialStepped,
)
from common.contracts.refusals import Reason
from common.contracts.trial import TrialPlan
from common.rulebook.examination import Fit, Unfit

from rules.model import Proposal
from rules.publishing import InRelease, in_force_from, in_release, plan_of, publish_next
from rules.steps import Steps
from rules.trial_ends import Said, end, replace_at_once, roll_back
from rules.trials import adopt, begin_waiting, examined


def obey(order: TrialOrder, proposal: Proposal, steps: Steps) -> str | None:
    """Do it; the reason when it is refused."""
    plan = plan_of(steps.state.heads[proposal.patch.layer], proposal.id)
    said = Said(order.actor.id, order.reason, order.numbers, getattr(order, "guard", None))
    if plan is None or (plan.adopted and not isinstance(order, RollBackTrial)):
        prose = f"proposal {proposal.id} is {proposal.state}: no trial of it runs"
        return Reason("no_trial", prose, proposal_state=proposal.state)
    if not order.reason.strip() and order.actor.role != "loop":
        return Reason("nothing_said", "an order about a trial needs a reason in words", field="reason")
    if plan.paused and isinstance(order, StepTrial | PauseTrial | AdoptTrial):
        return Reason("trial_paused", f"the trial of proposal {proposal.id} is paused: resume it first")
    reason = _carry_out(order, proposal, plan, said, steps)
    if reason is None:
        begin_waiting(steps)
    return reason


def _carry_out(order: TrialOrder, proposal: Proposal, plan: TrialPlan, said: Said, steps: Steps) -> str | None:
    match order:
        case RollBackTrial():
            return roll_back(steps, proposal, plan, said)
        case EndTrial():
            end(steps, proposal, said)
        case PauseTrial():
            _pause(steps, proposal, plan, said)
        case ResumeTrial():
            return _resume(steps, proposal, plan, said)
        case StepTrial():
            return _step(steps, proposal, plan, said)
        case AdoptTrial():
            _adopt(steps, proposal, said)
    return None


def _step(steps: Steps, proposal: Proposal, plan: TrialPlan, said: Said) -> str | None:
    share = next((share for share in plan.steps if share > plan.share), None)
    if share is None:
        prose = f"proposal {proposal.id} is tried by all already: it is to be adopted, rolled back or ended"
        return Reason("no_next_step", prose)
    number = _with_plan(steps, proposal, plan.model_copy(update={"share": share}))
    stepped = TrialStepped(**number, share=share, actor=said.actor, reason=said.reason, numbers=dict(said.numbers))
    steps.close(proposal, "on_trial", stepped)
    return None


def _pause(steps: Steps, proposal: Proposal, plan: TrialPlan, said: Said) -> None:
    """At once: nobody follows the change, whatever release comes into force next."""

    def paused(each: TrialPlan) -> TrialPlan:
        return each.model_copy(update={"share": 0.0, "paused": True})

    number = replace_at_once(steps, proposal, lambda release, held: (release.tables, paused(held)))
    event = TrialPaused(**number, actor=said.actor, reason=said.reason)
    steps.close(replace(proposal, resumes_at=plan.share), "on_trial", event)


def _resume(steps: Steps, proposal: Proposal, plan: TrialPlan, said: Said) -> str | None:
    if not plan.paused:
        return Reason("trial_not_paused", f"the trial of proposal {proposal.id} is not paused")
    share = proposal.resumes_at if proposal.resumes_at is not None else plan.steps[0]
    number = _with_plan(steps, proposal, plan.model_copy(update={"share": share, "paused": False}))
    event = TrialResumed(**number, share=share, actor=said.actor, reason=said.reason)
    steps.close(replace(proposal, resumes_at=None), "on_trial", event)
    return None


def _adopt(steps: Steps, proposal: Proposal, said: Said) -> None:
    """Let all follow it but a holdout; a patch that the rules have moved away from ends its trial instead."""
    found = examined(steps, proposal)
    if isinstance(found, Unfit):
        end(steps, proposal, replace(said, reason=f"it cannot be adopted: {found.reason}"))
        return
    adopt(
        steps, proposal, found, _holdout(steps, proposal, found), tried=True, reason=said.reason,
        numbers=dict(said.numbers),
    )  # fmt: skip


def _holdout(steps: Steps, proposal: Proposal, found: Fit) -> tuple[TrialPlan, ...]:
    head = steps.state.heads[proposal.patch.layer]
    plan = plan_of(head, proposal.id)
    if plan is None or proposal.holdout_percent <= 0 or proposal.holdout_days <= 0:
        return ()
    changed = {
        "patch": proposal.patch.model_copy(update={"base_number": head.number}),
        "reversal": found.reversal,
        "share": 1 - proposal.holdout_percent / 100,
        "adopted": True,
        "holdout_until": in_force_from(steps, head.layer) + timedelta(days=proposal.holdout_days),
    }
    return (plan.model_copy(update=changed),)


def _with_plan(steps: Steps, proposal: Proposal, plan: TrialPlan) -> InRelease:
    """Publish the next release with the plan as it is now, from the next tick boundary."""
    head = steps.state.heads[proposal.patch.layer]
    trials = [plan if held.proposal_id == proposal.id else held for held in head.trials]
    release = publish_next(steps, head.layer, head.tables, proposal.id, trials)
    return in_release(release, proposal.id)
