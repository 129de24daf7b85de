"""How events change what people see: pure folds, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.contracts.delivery import Delivery
from common.contracts.events import federal, intake, operations, reflex, region, routing, rules
from common.contracts.events.base import Event
from common.contracts.frozen import value

CASE_TYPES: frozenset[type[Event]] = frozenset(
    {
        intake.MessageRegistered,
        intake.MessageAdded,
        intake.VerdictGiven,
        intake.DeliveryFailed,
        intake.DeliverySucceeded,
        routing.TriageRequested,
        routing.TriageAnswered,
        routing.TriageDeclined,
        routing.RoutingCommandRefused,
        region.CaseOpenedSummary,
        region.CaseAccepted,
        region.WorkStarted,
        region.CaseTransferred,
        region.CaseExtended,
        region.CaseDeferred,
        region.CitizenAsked,
        region.CitizenReached,
        region.MessageJoined,
        region.CaseJoined,
        region.CaseAnswered,
        region.CaseDeclined,
        region.CaseConfirmed,
        region.CaseReopened,
        region.CaseRated,
        region.CaseWithdrawn,
        region.CaseOverdue,
        region.CaseOverdueWithdrawn,
        region.DirectiveReceived,
        region.DirectiveAnswered,
        region.CommandRefused,
        federal.CaseEscalated,
        federal.CaseEscalationWithdrawn,
        federal.DirectiveIssued,
        federal.DirectiveWithdrawn,
        federal.DirectiveClosed,
    }
)
"""Events that belong to one case's history."""

ITEM_TYPES: frozenset[type[Event]] = frozenset(
    {
        rules.ProposalChecked,
        rules.ProposalRefused,
        rules.ProposalAccepted,
        rules.ProposalRejected,
        rules.ProposalWithdrawn,
        rules.ProposalReturned,
        rules.ProposalAdopted,
        reflex.FindingMade,
        operations.DeadLetterRecorded,
        operations.DeadLetterSettled,
        rules.RulesCommandRefused,
        intake.DeliveryFailed,
        intake.DeliverySucceeded,
    }
)

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
class CaseView:
    """One row of the list of cases."""

    case_id: str
    reference: str
    state: str
    changed_at: datetime
    region: str | None = None
    area: str | None = None
    category: str | None = None
    authority: str | None = None
    first_authority: str | None = None
    priority: int = 0
    channel: str | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    overdue: bool = False
    level: int = 0
    transfers: int = 0
    reopened: int = 0
    rating: int | None = None


@value
class Item:
    """The last word on a proposal, a triage entry, a dead letter, a directive, a finding, a refused order or a failed
    delivery."""

    kind: str
    id: str
    state: str
    time: datetime
    data: dict[str, Any]


def fold_case(view: CaseView | None, event: Event, time: datetime) -> CaseView | None:
    """The view after an event; None while nothing says that the case exists."""
    if isinstance(event, intake.MessageRegistered):
        # Placing it, or asking a person where it belongs, follows within the second and says all of this again: a row
        # now would be written twice, with every index.
        return view
    if isinstance(event, routing.TriageRequested):
        view = view or CaseView(event.case_id, event.reference, "triage", time)
        if view.state == "triage":
            return replace(view, state="triage", changed_at=time, channel=event.channel, received_at=event.received_at)
        return view
    if isinstance(event, region.CaseOpenedSummary):
        base = view or CaseView(event.case_id, event.reference, event.state, time)
        return replace(
            base, reference=event.reference, state=event.state, changed_at=time, region=event.region, area=event.area,
            category=event.category, authority=event.authority,
            first_authority=base.first_authority or event.authority,
            priority=event.priority, channel=event.channel, received_at=event.received_at, due_at=event.due_at,
        )  # fmt: skip
    if view is None:
        return None
    if isinstance(event, routing.TriageDeclined):
        return replace(view, state="declined", changed_at=time)
    if isinstance(event, federal.CaseEscalated):
        return replace(view, level=max(view.level, event.level), changed_at=time)
    if isinstance(event, federal.CaseEscalationWithdrawn):
        return replace(view, level=event.level, changed_at=time)
    if isinstance(event, region.CaseEvent) and not isinstance(
        event, region.DirectiveReceived | region.DirectiveAnswered
    ):
        return _transition(view, event, time)
    return view


def _transition(view: CaseView, event: region.CaseEvent, time: datetime) -> CaseView:
    if view.region is not None and event.region != view.region:
        # Another region holds the case by now: what the former one says late moves nothing but the count.
        return replace(view, transfers=view.transfers + isinstance(event, region.CaseTransferred))
    view = replace(view, state=event.state, authority=event.authority, changed_at=time)
    if isinstance(event, region.CaseTransferred):
        view = replace(view, transfers=view.transfers + 1)
    elif isinstance(event, region.CaseOverdue):
        view = replace(view, overdue=True)
    elif isinstance(event, region.CaseOverdueWithdrawn):
        view = replace(view, overdue=False, due_at=event.due_at)
    elif isinstance(event, region.CaseReopened):
        view = replace(view, reopened=event.times, due_at=event.due_at, rating=event.rating or view.rating)
    elif isinstance(event, region.CaseExtended):
        view = replace(view, due_at=event.due_at)
    elif isinstance(event, region.MessageJoined | region.WorkStarted):
        view = replace(view, due_at=event.due_at or view.due_at)
    elif isinstance(event, region.CaseConfirmed | region.CaseRated) and event.rating is not None:
        view = replace(view, rating=event.rating)
    return view


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


def _words(data: dict[str, Any]) -> dict[str, Any]:
    kept = ("actor", "reason", "code", "details", "layer", "number", "effective_at", "rows", "canary_skipped")
    return {k: data[k] for k in kept if k in data}


def case_of(delivery: Delivery) -> str | None:
    """The case an event belongs to. A region that never had the case may refuse commands about it; that is no event of
    the case."""
    if isinstance(delivery.event, region.CommandRefused) and delivery.envelope.mandate is None:
        return None
    return getattr(delivery.event, "case_id", None)
