"""What each event makes of a proposal as pages show it: where it stands, and every step it took. Pure.

Its life is told on several topics, which are read side by side: what the service `rules` says of its state holds; what
the deliberation says moves it only until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.contracts.events import archive, deliberation, rules
from common.contracts.events.base import Event
from common.contracts.frozen import value


@value
class Told:
    """What one type of event says of a proposal."""

    step: str | None = None
    """What the step is called; None for what is none."""
    state: str | None = None
    """Where the proposal stands after it; None where it does not say by itself."""
    part: str | None = None
    """The name under which its fields are kept; None: they are the proposal's own."""


TOLD: dict[type[Event], Told] = {
    rules.ProposalChecked: Told("checked", "checked"),
    rules.ProposalRefused: Told("refused", "refused"),
    rules.ProposalAccepted: Told("accepted", "accepted"),
    rules.ProposalRejected: Told("rejected", "rejected"),
    rules.ProposalWithdrawn: Told("withdrawn", "withdrawn"),
    rules.ProposalReturned: Told("returned", "returned"),
    rules.ProposalLapsed: Told("lapsed", "lapsed", "lapse"),
    rules.TrialForeseen: Told("trial_foreseen", None, "foreseen"),
    rules.TrialWaits: Told("trial_waits", "accepted", "waits"),
    rules.TrialStarted: Told("trial_started", "on_trial", "trial"),
    rules.TrialStepped: Told("trial_stepped", "on_trial", "trial_step"),
    rules.TrialPaused: Told("trial_paused", "on_trial", "trial_step"),
    rules.TrialResumed: Told("trial_resumed", "on_trial", "trial_step"),
    rules.TrialRolledBack: Told("rolled_back", "rolled_back", "trial_end"),
    rules.TrialEnded: Told("trial_ended", "inconclusive", "trial_end"),
    rules.ProposalAdopted: Told("adopted", "adopted"),
    rules.ReviewFell: Told("review_fell", "review_due", "review"),
    rules.ChangeReviewed: Told("reviewed", None, "review"),
    rules.ChangeReversed: Told("reversed", "reversed", "reversal_done"),
    deliberation.DeliberationOpened: Told("opened", None, "deliberation"),
    deliberation.DeliberationClosed: Told("closed", None, "closing"),
    deliberation.StandingConsentUsed: Told("consent_used", None, "consent"),
    deliberation.OpinionGroupsFound: Told(None, None, "groups"),
    archive.ForecastScored: Told("scored", None, "score"),
}
"""Every type of event that is about a proposal."""
STEPS = frozenset(told.step for told in TOLD.values() if told.step is not None)
OF_A_TRIAL = frozenset({"trial_step", "trial_end"})
"""Parts that belong to the last trial."""
EARLY = frozenset({None, "checked", "in_deliberation", "to_be_decided"})
"""States in which the deliberation's word still moves a proposal."""
KEPT = (
    "actor", "reason", "code", "details", "layer", "number", "effective_at", "rows", "canary_skipped", "share", "guard",
    "behind", "outcome", "verdict", "until", "given_by", "reversal_id", "holdout_until", "review_at", "unanswered",
    "without_bursts", "cases", "least_outcomes", "longest_days",
)  # fmt: skip


def disputed(closing: Mapping[str, Any] | None) -> bool:
    """As `DeliberationClosed.disputed`, of what is kept of it."""
    if closing is None or closing.get("without_bursts") is None:
        return False
    return bool((closing["without_bursts"]["reason"] == "supported") != (closing["reason"] == "supported"))


def fold_proposal(
    state: str | None, data: dict[str, Any], event: Event, time: datetime, cause: str | None
) -> tuple[str, dict[str, Any]]:
    """State and data after an event that `cause` (an order's id) brought about."""
    said, told = event.model_dump(mode="json", exclude_none=True), TOLD[type(event)]
    if isinstance(event, rules.TrialStarted):
        # A trial that a wider change had taken up begins anew.
        data = {name: part for name, part in data.items() if name not in OF_A_TRIAL}
    both = {**data, **said} if told.part is None else {**data, told.part: said}
    if told.step is not None:
        step = {"step": told.step, "at": time.isoformat(), "cause": cause, **{k: said[k] for k in KEPT if k in said}}
        both["steps"] = sorted([*both.get("steps", []), step], key=lambda s: datetime.fromisoformat(s["at"]))
    return _state(state, event), both


def _state(state: str | None, event: Event) -> str:
    if isinstance(event, rules.ChangeReviewed):
        # Until the proposal that takes it back is adopted, the change holds.
        return "kept" if event.outcome == "kept" else "review_due"
    found = TOLD[type(event)].state
    if found is not None:
        # It may have been heard of by its deliberation first.
        return state if found == "checked" and state in ("in_deliberation", "to_be_decided") else found
    if state in EARLY and isinstance(event, deliberation.DeliberationOpened):
        return state if state == "to_be_decided" else "in_deliberation"
    if state in EARLY and isinstance(event, deliberation.DeliberationClosed) and event.outcome == "may_be_decided":
        return "to_be_decided"
    return state or "checked"
