"""A trial ends, or stops for a while, at once: in the release in force and in all that are to come. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from common.contracts.events.rules import ReviewFell, TrialEnded, TrialRolledBack
from common.contracts.frozen import value
from common.contracts.trial import TrialPlan
from common.rulebook import Release
from common.rulebook.examination import Unfit, examine
from common.rulebook.oracle import differences

from rules.model import NO_FORECAST, Proposal
from rules.publishing import InRelease, Tables, in_release, plan_of
from rules.releases import version_after
from rules.steps import Steps

Change = Callable[[Release, TrialPlan], tuple[Tables, TrialPlan | None]]
"""What becomes of a release that holds the plan: its tables, and the plan that it holds from now on."""


@value
class Said:
    """Who orders it and why."""

    actor: str
    reason: str
    numbers: Mapping[str, float]
    guard: str | None = None


def roll_back(steps: Steps, proposal: Proposal, plan: TrialPlan, said: Said) -> str | None:
    """The rule before the change holds for all. Of an adopted change its reversal is applied; the reason when that
    does not fit the rules any more."""
    before: dict[int, Tables] = {}
    for release in steps.state.from_now_on(proposal.patch.layer, steps.now):
        held = plan_of(release, proposal.id)
        if held is not None and held.adopted:
            heads = {**steps.state.heads, release.layer: release}
            reversal = held.reversal.model_copy(update={"base_number": 0})
            found = examine(reversal, heads, steps.names, differences)
            if isinstance(found, Unfit):
                return found.reason
            before[release.number] = found.tables
    number = replace_at_once(steps, proposal, lambda release, _: (before.get(release.number, release.tables), None))
    event = TrialRolledBack(
        **number, actor=said.actor, reason=said.reason, guard=said.guard, numbers=dict(said.numbers)
    )
    steps.close(replace(proposal, resumes_at=None), "rolled_back", event)
    taken_back = steps.state.proposals.get(proposal.reverses or "")
    if plan.adopted and taken_back is not None and taken_back.state == "reversed":
        # It holds again: somebody must look at it anew.
        verdict = taken_back.verdict or NO_FORECAST
        steps.close(taken_back, "review_due", ReviewFell(proposal_id=taken_back.id, verdict=verdict))
    _give_back(steps, proposal)
    return None


def end(steps: Steps, proposal: Proposal, said: Said) -> None:
    """The old rule stays, with no result."""
    number = replace_at_once(steps, proposal, lambda release, _: (release.tables, None))
    event = TrialEnded(**number, actor=said.actor, reason=said.reason, numbers=dict(said.numbers))
    steps.close(replace(proposal, resumes_at=None), "inconclusive", event)
    if proposal.taken_up_by is None:
        _give_back(steps, proposal)


def _give_back(steps: Steps, wider: Proposal) -> None:
    """What people proposed, and a trial that came to nothing had taken up, waits for its own trial, in its old turn. A
    loop asks anew, with what it has seen since."""
    for name in wider.took_up:
        other = steps.state.proposals.get(name)
        if other is not None and other.role != "loop" and other.taken_up_by is not None:
            steps.keep(replace(other, state="accepted", taken_up_by=None, behind=()))


def replace_at_once(steps: Steps, proposal: Proposal, change: Change) -> InRelease:
    """Publish the release in force anew as `change` says, in force from now, and after it each one that waits for its
    boundary, in force from there as before. A release that does not hold the plan yet stays as it is.

    Of two releases whose time has come the one with the greater number holds, so each that waits must come again: the
    one in force from now would hide it. What waits does not come into force sooner by this.
    """
    layer = proposal.patch.layer
    first: Release | None = None
    for release in steps.state.from_now_on(layer, steps.now):
        held = plan_of(release, proposal.id)
        if held is None:
            continue
        tables, plan = change(release, held)
        # In its place among them: of two trials of one case the first has it.
        after = [plan if one.proposal_id == proposal.id else one for one in release.trials]
        trials = tuple(one for one in after if one is not None)
        effective_at = max(release.effective_at, steps.now)
        again = version_after(steps.state.heads[layer], tables, effective_at, trials)
        steps.publish(again, proposal.id)
        first = first or again
    assert first is not None, f"no release that holds proposal {proposal.id} is in force or waits"
    return in_release(first, proposal.id)
