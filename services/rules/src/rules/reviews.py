"""An adopted change is looked at again: by its forecast's score, or by somebody's word. Pure."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.envelope import derived_id
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import ChangeReviewed, ProposeChange, ReviewChange, ReviewFell
from common.contracts.patch import Patch
from common.contracts.refusals import Reason
from common.rulebook.examination import Unfit, examine

from rules.model import CLOSED, NO_FORECAST, Proposal
from rules.proposing import propose
from rules.publishing import OURSELVES
from rules.steps import Steps

KEPT_BY = frozenset({"held", "above"})
"""Verdicts by which a change is kept without anybody's word."""
TITLE = 300
"""Characters that a proposal's title may have."""


def scored(event: ForecastScored, proposal: Proposal, steps: Steps) -> None:
    """Kept where its forecast held; else somebody must say what follows."""
    if proposal.state != "adopted":
        return
    known = replace(proposal, verdict=event.verdict)
    if event.verdict in KEPT_BY:
        kept = ChangeReviewed(proposal_id=proposal.id, outcome="kept", verdict=event.verdict, actor=OURSELVES)
        steps.close(known, "kept", kept)
    else:
        steps.close(known, "review_due", ReviewFell(proposal_id=proposal.id, verdict=event.verdict))


def fall_due(steps: Steps) -> None:
    """Changes that forecast nothing are scored by nobody: on their date somebody must say what follows."""
    for proposal in sorted(steps.state.proposals.values(), key=lambda p: (p.accepted, p.id)):
        if proposal.state == "adopted" and proposal.forecast_until is None and _is_due(proposal, steps):
            known = replace(proposal, verdict=NO_FORECAST)
            steps.close(known, "review_due", ReviewFell(proposal_id=proposal.id, verdict=NO_FORECAST))


def review(event: ReviewChange, proposal: Proposal, steps: Steps) -> str | None:
    """Keep it, or make a proposal of its way back; the reason when neither can be."""
    if proposal.state != "review_due" or _is_being_reversed(proposal, steps):
        prose = f"proposal {proposal.id} is {proposal.state}: there is nothing to review"
        return Reason("not_for_review", prose, proposal_state=proposal.state)
    if not event.reason.strip():
        return Reason("nothing_said", "a review needs a reason in words", field="reason")
    verdict = proposal.verdict or NO_FORECAST
    if event.keep:
        kept = ChangeReviewed(
            proposal_id=proposal.id, outcome="kept", verdict=verdict, actor=event.actor.id, reason=event.reason
        )
        steps.close(proposal, "kept", kept)
        return None
    assert proposal.reversal is not None
    back = _from_head(proposal.reversal, steps)
    found = examine(back, steps.state.heads, steps.names)
    if isinstance(found, Unfit):
        return found.reason
    reversal_id = derived_id("reversal", proposal.id, str(proposal.reversals + 1))
    reviewed = ChangeReviewed(
        proposal_id=proposal.id, outcome="reversed", verdict=verdict, actor=event.actor.id, reason=event.reason,
        reversal_id=reversal_id,
    )  # fmt: skip
    steps.close(replace(proposal, reversal_id=reversal_id, reversals=proposal.reversals + 1), "review_due", reviewed)
    propose(_reversing(event, proposal, reversal_id, back), steps)
    return None


def _reversing(event: ReviewChange, proposal: Proposal, reversal_id: str, back: Patch) -> ProposeChange:
    return ProposeChange(
        actor=event.actor, synthetic=event.synthetic, proposal_id=reversal_id,
        title=f"Take back: {proposal.title}"[:TITLE], words=event.reason, patch=back, values=proposal.values,
        evidence={"verdict": proposal.verdict or NO_FORECAST}, needs_person=True, reverses=proposal.id,
    )  # fmt: skip


def _from_head(reversal: Patch, steps: Steps) -> Patch:
    return reversal.model_copy(update={"base_number": steps.state.heads[reversal.layer].number})


def _is_being_reversed(proposal: Proposal, steps: Steps) -> bool:
    """Whether the proposal to take it back is still on its way."""
    back = steps.state.proposals.get(proposal.reversal_id or "")
    return back is not None and back.state not in CLOSED


def _is_due(proposal: Proposal, steps: Steps) -> bool:
    return proposal.review_at is not None and proposal.review_at <= steps.now
