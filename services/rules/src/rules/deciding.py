"""What becomes of a checked proposal by somebody's word: accepted, rejected, withdrawn. Pure."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.base import Actor
from common.contracts.events.rules import (
    DecideProposal,
    ProposalAccepted,
    ProposalRejected,
    ProposalWithdrawn,
    WithdrawProposal,
)
from common.contracts.refusals import Reason
from common.contracts.rights import ROLES
from common.rulebook.examination import Unfit

from rules.entitlement import CITIZEN
from rules.model import UNDECIDED, Proposal
from rules.steps import Steps
from rules.terms import is_argued
from rules.trials import begin, begin_waiting, examined, give_back

MOST_REASON_CHARACTERS = 2_000
"""Of an answer in words, as of every other order's; the contract of these two bounds none."""


def settle(event: DecideProposal, proposal: Proposal, steps: Steps) -> str | None:
    """Accept or reject; the reason when it may not be decided."""
    if proposal.state not in UNDECIDED:
        return _settled(proposal)
    if proposal.state == "in_deliberation" or (proposal.state == "checked" and _must_be_argued(proposal, steps)):
        prose = f"proposal {proposal.id} is {proposal.state}: it may be decided when its deliberation has ended"
        return Reason("not_yet_decidable", prose, proposal_state=proposal.state)
    if not event.reason.strip():
        return Reason("nothing_said", "a decision needs an answer in words", field="reason")
    if len(event.reason) > MOST_REASON_CHARACTERS:
        return _too_long()
    if event.accept:
        accept(steps, proposal, event.actor.id, event.reason)
    else:
        said = ProposalRejected(proposal_id=proposal.id, actor=event.actor.id, reason=event.reason)
        steps.close(proposal, "rejected", said)
    return None


def accept(steps: Steps, proposal: Proposal, actor: str, words: str) -> None:
    """An accepted patch goes on from the head of its layer, or is returned when it no longer applies."""
    found = examined(steps, proposal)
    if isinstance(found, Unfit):
        give_back(steps, proposal, found)
        return
    said = ProposalAccepted(proposal_id=proposal.id, actor=actor, reason=words)
    accepted = steps.close(proposal, "accepted", said)
    accepted = steps.keep(replace(accepted, accepted=steps.state.head.number, accepted_at=steps.now))
    begin(steps, accepted, found)
    begin_waiting(steps)


def withdraw(event: WithdrawProposal, proposal: Proposal, steps: Steps) -> str | None:
    """Its author takes it back; the reason when that is not so, or too late. One that was accepted and waits for its
    trial may be taken back by whoever may decide on it, too."""
    if proposal.state not in UNDECIDED | {"accepted"}:
        return _settled(proposal)
    may_decide = proposal.state == "accepted" and event.actor.role in ROLES[DecideProposal]
    if not may_decide and not is_author(event.actor, proposal):
        prose = f"only its author {proposal.author!r} may withdraw proposal {proposal.id}"
        return Reason("not_the_author", prose, author=proposal.author)
    if len(event.reason) > MOST_REASON_CHARACTERS:
        return _too_long()
    # A citizen stands in the record as the proposal's author already, and is named no second time.
    who = CITIZEN if event.actor.role == CITIZEN else event.actor.id
    said = ProposalWithdrawn(proposal_id=proposal.id, actor=who, reason=event.reason)
    steps.close(replace(proposal, behind=()), "withdrawn", said)
    begin_waiting(steps)
    return None


def is_author(actor: Actor, proposal: Proposal) -> bool:
    """Whether the same person acts in the same role over the same scope, or the citizen whose idea it was. The role is
    not known of older proposals."""
    if actor.role == CITIZEN:
        return actor.id == proposal.author_citizen
    if not proposal.role:
        return actor.id == proposal.author
    return (actor.id, actor.role, actor.scope) == (proposal.author, proposal.role, proposal.scope)


def _must_be_argued(proposal: Proposal, steps: Steps) -> bool:
    """By the table when it was checked, unless the row is gone by now."""
    return proposal.asked and is_argued(steps.state.heads, proposal.patch)


def _too_long() -> Reason:
    prose = f"the reason has more than {MOST_REASON_CHARACTERS} characters"
    return Reason("too_long", prose, field="reason", most=str(MOST_REASON_CHARACTERS))


def _settled(proposal: Proposal) -> Reason:
    prose = f"proposal {proposal.id} is {proposal.state}: nothing is left to decide"
    return Reason("proposal_settled", prose, proposal_state=proposal.state)
