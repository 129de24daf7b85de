"""What those who spoke about a proposal, and its citizen author, are told of its way afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.events import rules
from common.contracts.events.base import Event
from common.contracts.events.deliberation import CitizenToBeTold, DeliberationClosed
from common.contracts.frozen import value

from deliberation.model import Deliberation

KINDS: Mapping[type[Event], str] = {
    rules.ProposalAccepted: "accepted",
    rules.ProposalRejected: "rejected",
    rules.ProposalReturned: "returned",
    rules.ProposalWithdrawn: "withdrawn",
    rules.TrialStarted: "on_trial",
    rules.ProposalAdopted: "adopted",
    rules.TrialRolledBack: "rolled_back",
    rules.TrialEnded: "inconclusive",
    rules.ChangeReviewed: "kept",
    rules.ChangeReversed: "reversed",
    rules.ProposalLapsed: "lapsed",
}
"""Which events of `rules.proposals` are told. What this service itself has concluded it tells without them."""
OF_IDEAS: Mapping[type[Event], str] = {
    rules.ProposalChecked: "taken_up",
    rules.ProposalRefused: "refused",
    rules.RulesCommandRefused: "refused",
}
"""Which are told to the citizen alone whose idea the proposal was made of: nobody else has heard of it yet."""
FREES: Mapping[type[Event], str] = {
    rules.ProposalRefused: "refused",
    rules.RulesCommandRefused: "refused",
    rules.ProposalReturned: "returned",
    rules.ProposalWithdrawn: "withdrawn",
}
"""After which another proposal may be made of the same idea."""
NOT_TOLD: Mapping[type[Event], str] = {
    rules.TrialForeseen: "it says nothing that somebody must do; the proposal's page shows it",
    rules.TrialWaits: "it stays accepted, which was told; its trial is told when it begins",
    rules.TrialStepped: "it stays on trial",
    rules.TrialPaused: "it stays on trial",
    rules.TrialResumed: "it stays on trial",
    rules.ReviewFell: "an official's word follows, which is told",
}
"""Events of a proposal's life that nobody is told, and why."""
TAKEN_UP = "taken_up"
"""The reason of what a wider change is tried in place of: a word of ours, which notices say in their own language."""
MOST_CHARACTERS = 1000
"""Of a fact in a notice."""


@value
class News:
    kind: str
    facts: dict[str, str]


def news(event: Event) -> News | None:
    """What is to be told of an event of the proposal's life; None: nothing."""
    kind = KINDS.get(type(event))
    if kind is None:
        return None
    if isinstance(event, rules.ChangeReviewed):
        kind = event.outcome
    if isinstance(event, rules.ChangeReversed):
        return News(kind, {"until": event.effective_at.isoformat()})
    reason = getattr(event, "reason", None)
    if isinstance(event, rules.ProposalReturned) and event.code == TAKEN_UP:
        reason = TAKEN_UP
    return News(kind, {"reason": reason[:MOST_CHARACTERS]} if reason else {})


def closed(event: DeliberationClosed) -> News:
    """What a deliberation came to, and by which counts."""
    facts = {
        "reason": event.reason,
        "voices": str(sum(c.voices for c in event.counts)),
        "support": str(sum(c.support for c in event.counts)),
        "object": str(sum(c.object for c in event.counts)),
        "unanswered": str(event.unanswered),
    }
    if event.disputed and event.without_bursts is not None:
        others = sum(c.voices for c in event.without_bursts.counts)
        facts |= {
            "bursts": str(sum(c.voices for c in event.counts) - others),
            "others_support": str(sum(c.support for c in event.without_bursts.counts)),
            "others_object": str(event.without_bursts.objections),
        }
    return News(event.outcome, facts)


def to_be_told(deliberation: Deliberation, citizen: str, what: News, answers: str | None = None) -> CitizenToBeTold:
    facts = {"title": deliberation.title, **what.facts}
    return CitizenToBeTold.model_validate(
        {
            "proposal_id": deliberation.proposal_id, "reference": deliberation.reference, "citizen": citizen,
            "kind": what.kind, "facts": facts, "answers": answers,
        }
    )  # fmt: skip
