"""What each event makes of what pages list besides cases: proposals, triage, dead letters, refused orders. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from common.contracts.events import archive, federal, intake, operations, reflex, region, routing, rules
from common.contracts.events.base import Event
from common.contracts.frozen import value

Refused = rules.RulesCommandRefused | routing.RoutingCommandRefused | region.CommandRefused

PROPOSAL_STATES: dict[type[Event], str] = {
    rules.ProposalChecked: "checked",
    rules.ProposalRefused: "refused",
    rules.ProposalAccepted: "accepted",
    rules.ProposalRejected: "rejected",
    rules.ProposalWithdrawn: "withdrawn",
    rules.ProposalReturned: "returned",
    rules.ProposalAdopted: "adopted",
}


@value
class Item:
    """The last word on a proposal, a backtest, a triage entry, a dead letter, a directive, a finding, a refused order
    or a failed delivery."""

    kind: str
    id: str
    state: str
    time: datetime
    data: dict[str, Any]


def fold_item(old: Item | None, event: Event, time: datetime, cause: str | None = None) -> Item | None:
    """The item after an event that `cause` (an order's id) brought about; None for events that are about no item."""
    key = item_key(event)
    if key is None:
        return None
    kind, name = key
    data = event.model_dump(mode="json", exclude_none=True)
    both = {**(old.data if old else {}), **data}
    state = PROPOSAL_STATES.get(type(event))
    if state is not None:
        step = {"step": state, "at": time.isoformat(), "cause": cause, **_words(data)}
        both["steps"] = [*both.get("steps", []), step]
        return Item(kind, name, state, old.time if old else time, both)
    if isinstance(event, Refused):
        return Item(kind, name, "refused", time, data)
    if isinstance(event, routing.TriageRequested):
        return old or Item(kind, name, "waiting", time, data)
    if isinstance(event, routing.TriageAnswered | routing.TriageDeclined):
        done = "answered" if isinstance(event, routing.TriageAnswered) else "declined"
        # The question's own time is kept: a queue is worked off oldest first.
        return Item(kind, name, done, old.time if old else time, both)
    if isinstance(event, archive.ProposalBacktested):
        return Item(kind, name, event.verdict, time, data)
    if isinstance(event, reflex.FindingMade):
        return Item(kind, name, event.kind, time, data)
    if isinstance(event, operations.DeadLetterRecorded):
        return old or Item(kind, name, "open", time, data)
    if isinstance(event, operations.DeadLetterSettled):
        last = event.outcome if event.outcome in ("replayed", "skipped") else (old.state if old else "open")
        settled = {**(old.data if old else {}), "last": {**data, "cause": cause}}
        return Item(kind, name, last, old.time if old else time, settled)
    if isinstance(event, operations.DeadLetterExpired):
        return Item(kind, name, "expired", old.time if old else time, both)
    if isinstance(event, intake.DeliveryFailed):
        return Item(kind, name, "failed", time, data)
    if isinstance(event, intake.DeliverySucceeded):
        return Item(kind, name, "succeeded", old.time if old else time, both)
    if isinstance(event, federal.DirectiveIssued):
        return Item(kind, name, "open", time, data)
    if isinstance(event, federal.DirectiveWithdrawn):
        return Item(kind, name, "withdrawn", old.time if old else time, both)
    return Item(kind, name, "closed", old.time if old else time, both)


def item_key(event: Event) -> tuple[str, str] | None:
    """Kind and id of the item an event is about."""
    found = _KEYS.get(type(event))
    return None if found is None else (found[0], str(found[1](event)))


_KEYS: dict[type[Event], tuple[str, Callable[[Any], str]]] = {
    **{kind: ("proposal", lambda e: e.proposal_id) for kind in PROPOSAL_STATES},
    **{
        kind: ("refusal", lambda e: e.command_id)
        for kind in (rules.RulesCommandRefused, routing.RoutingCommandRefused, region.CommandRefused)
    },
    **{
        kind: ("triage", lambda e: e.case_id)
        for kind in (routing.TriageRequested, routing.TriageAnswered, routing.TriageDeclined)
    },
    archive.ProposalBacktested: ("backtest", lambda e: e.proposal_id),
    reflex.FindingMade: ("finding", lambda e: f"{e.loop}/{e.key}/{e.found_at.isoformat()}"),
    **{
        kind: ("dead_letter", lambda e: e.dead_letter_id)
        for kind in (operations.DeadLetterRecorded, operations.DeadLetterSettled, operations.DeadLetterExpired)
    },
    **{kind: ("delivery", lambda e: e.notice_id) for kind in (intake.DeliveryFailed, intake.DeliverySucceeded)},
    **{
        kind: ("directive", lambda e: e.directive_id)
        for kind in (federal.DirectiveIssued, federal.DirectiveWithdrawn, federal.DirectiveClosed)
    },
}


ITEM_TYPES: frozenset[type[Event]] = frozenset(_KEYS)
"""Events that are about an item."""


def _words(data: dict[str, Any]) -> dict[str, Any]:
    kept = ("actor", "reason", "code", "details", "layer", "number", "effective_at", "rows", "canary_skipped")
    return {k: data[k] for k in kept if k in data}
