"""What each event makes of a proposal as pages show it: where it stands, and every step it took. Pure.

Its life is told on several topics, which are read side by side: what the service `rules` says of its state holds; what
the deliberation says moves it only until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from common.contracts.events import archive, deliberation, rules
from common.contracts.events.base import Event

STATES: dict[type[Event], str] = {
    rules.ProposalChecked: "checked",
    rules.ProposalRefused: "refused",
    rules.ProposalAccepted: "accepted",
    rules.ProposalRejected: "rejected",
    rules.ProposalWithdrawn: "withdrawn",
    rules.ProposalReturned: "returned",
    rules.ProposalLapsed: "lapsed",
    rules.TrialWaits: "accepted",
    rules.TrialStarted: "on_trial",
    rules.TrialStepped: "on_trial",
    rules.TrialPaused: "on_trial",
    rules.TrialResumed: "on_trial",
    rules.TrialRolledBack: "rolled_back",
    rules.TrialEnded: "inconclusive",
    rules.ProposalAdopted: "adopted",
    rules.ReviewFell: "review_due",
}
"""By the events of the service `rules`; ChangeReviewed says its own."""
STEPS: dict[type[Event], str] = {
    rules.ProposalChecked: "checked",
    rules.ProposalRefused: "refused",
    rules.ProposalAccepted: "accepted",
    rules.ProposalRejected: "rejected",
    rules.ProposalWithdrawn: "withdrawn",
    rules.ProposalReturned: "returned",
    rules.ProposalLapsed: "lapsed",
    rules.TrialWaits: "trial_waits",
    rules.TrialStarted: "trial_started",
    rules.TrialStepped: "trial_stepped",
    rules.TrialPaused: "trial_paused",
    rules.TrialResumed: "trial_resumed",
    rules.TrialRolledBack: "rolled_back",
    rules.TrialEnded: "trial_ended",
    rules.ProposalAdopted: "adopted",
    rules.ReviewFell: "review_fell",
    rules.ChangeReviewed: "reviewed",
    deliberation.DeliberationOpened: "opened",
    deliberation.DeliberationClosed: "closed",
    deliberation.StandingConsentUsed: "consent_used",
    archive.ForecastScored: "scored",
}
"""What a step is called, by its event."""
FLAT = (
    rules.ProposalChecked, rules.ProposalRefused, rules.ProposalAccepted, rules.ProposalRejected,
    rules.ProposalWithdrawn, rules.ProposalReturned, rules.ProposalAdopted,
)  # fmt: skip
"""Events whose fields are the proposal's own; those of others stand under a name of theirs."""
PARTS: dict[type[Event], str] = {
    deliberation.DeliberationOpened: "deliberation",
    deliberation.DeliberationClosed: "closing",
    deliberation.StandingConsentUsed: "consent",
    rules.TrialStarted: "trial",
    rules.TrialStepped: "trial_step",
    rules.TrialPaused: "trial_step",
    rules.TrialResumed: "trial_step",
    rules.TrialWaits: "waits",
    rules.TrialRolledBack: "trial_end",
    rules.TrialEnded: "trial_end",
    rules.ReviewFell: "review",
    rules.ChangeReviewed: "review",
    archive.ForecastScored: "score",
    deliberation.OpinionGroupsFound: "groups",
}
EARLY = frozenset({None, "checked", "in_deliberation", "to_be_decided"})
"""States in which the deliberation's word still moves a proposal."""
KEPT = (
    "actor", "reason", "code", "details", "layer", "number", "effective_at", "rows", "canary_skipped", "share", "guard",
    "behind", "outcome", "verdict", "until", "given_by", "reversal_id", "holdout_until", "review_at", "unanswered",
)  # fmt: skip
EVENTS: frozenset[type[Event]] = frozenset({*STEPS, *PARTS})
"""Events that are about a proposal."""


def fold_proposal(
    state: str | None, data: dict[str, Any], event: Event, time: datetime, cause: str | None
) -> tuple[str, dict[str, Any]]:
    """State and data after an event that `cause` (an order's id) brought about."""
    said = event.model_dump(mode="json", exclude_none=True)
    both = {**data, **said} if isinstance(event, FLAT) else dict(data)
    part = PARTS.get(type(event))
    if part is not None:
        both[part] = said
    name = STEPS.get(type(event))
    if name is not None:
        step = {"step": name, "at": time.isoformat(), "cause": cause, **{k: said[k] for k in KEPT if k in said}}
        both["steps"] = sorted([*both.get("steps", []), step], key=lambda s: datetime.fromisoformat(s["at"]))
    return _state(state, event), both


def _state(state: str | None, event: Event) -> str:
    if isinstance(event, rules.ChangeReviewed):
        return event.outcome
    if type(event) in STATES:
        found = STATES[type(event)]
        # It may have been heard of by its deliberation first.
        return state if found == "checked" and state in ("in_deliberation", "to_be_decided") and state else found
    if state in EARLY and isinstance(event, deliberation.DeliberationOpened):
        return state if state == "to_be_decided" else "in_deliberation"
    if state in EARLY and isinstance(event, deliberation.DeliberationClosed) and event.outcome == "may_be_decided":
        return "to_be_decided"
    return state or "checked"
