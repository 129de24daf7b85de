"""What other services say about proposals: it stands in the chain, and moves their state. Pure."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.archive import ForecastScored
from common.contracts.events.deliberation import (
    DeliberationClosed,
    DeliberationOpened,
    StandingConsentRevoked,
    StandingConsentUsed,
)
from common.contracts.events.rules import ProposalLapsed

from rules.deciding import accept
from rules.model import UNDECIDED, Fact, Proposal
from rules.reviews import scored
from rules.steps import Steps

REVOKED = "consent_revoked"


def hear(event: Fact, event_id: str, steps: Steps) -> None:
    """Note it, and let the proposal follow."""
    if isinstance(event, StandingConsentRevoked):
        steps.note(event, event_id, None)
        steps.state = replace(steps.state, revoked=steps.state.revoked | {(event.layer, event.consent)})
        return
    steps.note(event, event_id, event.proposal_id)
    proposal = steps.state.proposals.get(event.proposal_id)
    if proposal is None:
        return
    if isinstance(event, ForecastScored):
        scored(event, proposal, steps)
    elif proposal.state in UNDECIDED:
        _argued(event, proposal, steps)


def _argued(event: Fact, proposal: Proposal, steps: Steps) -> None:
    if isinstance(event, DeliberationOpened):
        steps.keep(replace(proposal, state="in_deliberation"))
    elif isinstance(event, DeliberationClosed) and event.outcome == "may_be_decided":
        steps.keep(replace(proposal, state="to_be_decided"))
    elif isinstance(event, DeliberationClosed) and event.outcome == "lapsed":
        steps.close(proposal, "lapsed", ProposalLapsed(proposal_id=proposal.id, reason=event.reason))
    elif isinstance(event, StandingConsentUsed):
        _passed(event, proposal, steps)


def _passed(event: StandingConsentUsed, proposal: Proposal, steps: Steps) -> None:
    """A consent accepts by itself, unless it was revoked before that, or the change needs a person's word."""
    if steps.state.revoked & {(event.layer, event.consent), (proposal.patch.layer, event.consent)}:
        steps.close(proposal, "lapsed", ProposalLapsed(proposal_id=proposal.id, reason=REVOKED))
    elif proposal.needs_person:
        steps.keep(replace(proposal, state="to_be_decided"))
    else:
        words = (
            f"passed unasked by the standing consent {event.consent} of {event.release}, which {event.given_by} gave"
            f" until {event.until}"
        )
        accept(steps, proposal, event.given_by, words)
