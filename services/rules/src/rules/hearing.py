"""What other services say about proposals: it stands in the chain, and moves their state. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from common.contracts.events.archive import ForecastScored, ProposalBacktested
from common.contracts.events.deliberation import (
    DeliberationClosed,
    DeliberationOpened,
    StandingConsentRevoked,
    StandingConsentUsed,
)
from common.contracts.events.rules import ProposalLapsed

from rules.deciding import accept
from rules.foreseen import foreseen_trial
from rules.model import UNDECIDED, Fact, Proposal
from rules.reviews import scored
from rules.steps import Steps

REVOKED = "consent_revoked"
SHORTEST_DAYS = 7.0
"""A shorter past is counted as a week: one busy day is no pace."""


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
    elif isinstance(event, ProposalBacktested):
        proposal = steps.keep(replace(proposal, cases_a_day=_cases_a_day(event)))
        if proposal.state in UNDECIDED and (foreseen := foreseen_trial(proposal, steps.state.heads)) is not None:
            steps.say(foreseen, proposal.id)
    elif proposal.state in UNDECIDED:
        _argued(event, proposal, steps)


def _cases_a_day(event: ProposalBacktested) -> float | None:
    """How many the change would have decided otherwise, those that are evidence for it too; None: not known."""
    if event.verdict == "not_replayable" or event.since is None or event.unasked:
        return None
    return (event.total.changed + event.left_out) / max((event.as_of - event.since) / timedelta(days=1), SHORTEST_DAYS)


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
