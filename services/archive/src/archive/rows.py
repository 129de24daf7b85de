"""One event about a case as one row of the past. Without the citizen, their words and the place but for its area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from common.contracts.envelope import Envelope, derived_id
from common.contracts.events import region, routing
from common.contracts.events.base import Because, Event
from common.contracts.trial import ArmDrawn


class PastRow(NamedTuple):
    """The columns of the journal, in their order; None where a kind of record has nothing to say."""

    kind: str
    case_id: UUID
    happened_at: datetime
    sequence: int
    region: str | None = None
    authority: str | None = None
    area: str | None = None
    category: str | None = None
    given: str | None = None
    channel: str | None = None
    priority: int | None = None
    release: str | None = None
    rows: str | None = None
    by_hand: bool | None = None
    said_category: bool | None = None
    said_authority: bool | None = None
    handed_over: bool | None = None
    reason: str | None = None
    other: str | None = None
    minutes: int | None = None
    number: int | None = None
    on_time: bool | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    synthetic: bool | None = None
    arms: str | None = None


Columns = dict[str, Any]
NO_REPLY = "no_reply"
"""Why a case was declined by the rules: the citizen did not reply to a question."""
MOST_METRES = 32_767
SAME, OTHER = "same", "other"
"""What a person said of a suggested duplicate: about the same thing, or about another."""
WARNED = "warned"
"""In place of that, where an early warning suggested it: of the category's rule it says nothing."""


def case_uuid(case_id: str) -> UUID:
    """A case's id as intake derives it; of one in another form an id that follows from it."""
    try:
        return UUID(case_id)
    except ValueError:
        return UUID(derived_id("case", case_id))


def rows_text(because: tuple[Because, ...]) -> str:
    """Which rows decided, such as `national:3/deadline/pothole`."""
    return " ".join(f"{one.layer}:{one.number}/{one.table}/{one.row_id}" for one in because)


def arms_text(arms: tuple[ArmDrawn, ...]) -> str | None:
    """By which rules of trials it was decided, such as `<proposal>:candidate`; None where no trial concerned it."""
    return " ".join(sorted(f"{one.proposal_id}:{one.arm}" for one in arms)) or None


def _given(because: tuple[Because, ...]) -> str | None:
    return next((str(b.inputs["given"]) for b in because if b.table == "category_map" and "given" in b.inputs), None)


def _opened(event: region.CaseOpenedWithReasons) -> Columns:
    tables = {one.table for one in event.because}
    return {
        "area": event.area,
        "category": event.category,
        "given": _given(event.because),
        "channel": event.channel,
        "priority": event.priority,
        "release": event.release,
        "rows": rows_text(event.because),
        "by_hand": event.by_hand,
        "said_category": "category_map" not in tables,
        "said_authority": "jurisdiction" not in tables,
        "handed_over": event.handed_over_from is not None,
        "received_at": event.received_at,
        "due_at": event.due_at,
        "synthetic": event.synthetic,
        "arms": arms_text(event.arms),
    }


def _pair(event: routing.DuplicateSuggested | routing.DuplicateDecided) -> Columns:
    """`number` are the metres between both cases; the column holds no more than MOST_METRES."""
    return {
        "other": str(case_uuid(event.other_case)), "category": event.category, "minutes": event.apart_minutes,
        "number": min(event.distance_metres, MOST_METRES),
    }  # fmt: skip


def _suggested(event: routing.DuplicateSuggested) -> Columns:
    return {**_pair(event), "reason": WARNED if event.warning is not None else None}


def _decided(event: routing.DuplicateDecided) -> Columns:
    said = SAME if event.same else OTHER
    return {**_pair(event), "reason": WARNED if event.warning is not None else said}


def _asked(event: routing.TriageRequested) -> Columns:
    return {
        "given": event.category, "channel": event.channel, "reason": event.reason, "release": event.release,
        "received_at": event.received_at,
    }  # fmt: skip


_COLUMNS: Mapping[type[Event], tuple[str, Callable[..., Columns]]] = {
    region.CaseOpenedWithReasons: ("opened", _opened),
    region.CaseTransferred: ("transferred", lambda e: {"other": e.to_region, "minutes": e.held_minutes}),
    region.CaseExtended: ("extended", lambda e: {"minutes": e.by_minutes, "due_at": e.due_at}),
    region.CaseDeferred: ("deferred", lambda e: {"due_at": e.until}),
    region.CaseReminded: ("reminded", lambda e: {"due_at": e.ends_at}),
    region.CaseWaitEnded: ("wait_ended", lambda e: {"reason": e.then, "due_at": e.due_at}),
    region.CaseJoined: ("joined", lambda e: {"other": str(case_uuid(e.into_case))}),
    region.CaseAnswered: ("answered", lambda e: {"minutes": e.worked_minutes, "on_time": e.on_time}),
    region.CaseDeclined: ("declined", lambda e: {"reason": NO_REPLY if e.no_reply else None}),
    region.CaseConfirmed: ("confirmed", lambda e: {"number": e.rating}),
    region.CaseReopened: ("reopened", lambda e: {"number": e.rating, "due_at": e.due_at}),
    region.CaseRated: ("rated", lambda e: {"number": e.rating}),
    region.CaseWithdrawn: ("withdrawn", lambda e: {}),
    region.CaseOverdue: ("overdue", lambda e: {"due_at": e.due_at}),
    region.CaseOverdueWithdrawn: ("overdue_withdrawn", lambda e: {"due_at": e.due_at}),
    routing.TriageRequested: ("triage_requested", _asked),
    routing.TriageDeclined: ("triage_declined", lambda e: {}),
    routing.MessageSplitSummary: ("message_split", lambda e: {}),
    routing.DuplicateSuggested: ("duplicate_suggested", _suggested),
    routing.DuplicateDecided: ("duplicate_decided", _decided),
}
KINDS: frozenset[type[Event]] = frozenset(_COLUMNS)
"""Events of which there are rows."""


def row_of(event: Event, envelope: Envelope) -> PastRow:
    """The row of an event; KeyError for a type of which there is none."""
    kind, columns = _COLUMNS[type(event)]
    names: Columns = {"region": getattr(event, "region", None), "authority": getattr(event, "authority", None)}
    case_id = case_uuid(event.case_id)  # type: ignore[attr-defined]
    return PastRow(kind, case_id, envelope.time, envelope.sequence or 0, **(names | columns(event)))
