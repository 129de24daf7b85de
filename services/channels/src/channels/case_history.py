"""What citizens may read of the course of their cases, by what topics say of it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from common.contracts.delivery import Delivery
from common.contracts.events import region
from common.contracts.events.base import Event
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.intake import (
    MessageAdded,
    MessageRegistered,
    OtherAddressNoted,
    SupportGiven,
    VerdictGiven,
)
from common.contracts.events.region import CaseEvent
from common.contracts.events.routing import (
    ClarificationAsked,
    DuplicateDecided,
    DuplicateSuggested,
    EmergencyNoticed,
    JoinForwarded,
    MessageForwarded,
    MessageSplit,
    ThanksReceived,
    TriageDeclined,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.frozen import value
from common.contracts.parts import part_case_id

TOLD: frozenset[type[Event]] = frozenset(
    {
        MessageRegistered, MessageAdded, VerdictGiven, SupportGiven, OtherAddressNoted, TriageRequested,
        ClarificationAsked,
        TriageDeclined, DuplicateSuggested, DuplicateDecided,
        EmergencyNoticed, ThanksReceived, MessageSplit, CaseEscalated, CaseEscalationWithdrawn,
        region.CaseOpenedSummary, region.CaseAccepted, region.WorkStarted, region.CaseTransferred, region.CaseExtended,
        region.CaseDeferred, region.CitizenAsked, region.CitizenReached, region.CaseReminded, region.CaseWaitEnded,
        region.MessageJoined, region.CaseJoined, region.CaseAnswered, region.CaseDeclined, region.CaseConfirmed,
        region.CaseReopened, region.CaseRated, region.CaseWithdrawn, region.CaseOverdue, region.CaseOverdueWithdrawn,
        region.CommandRefused,
    }
)  # fmt: skip
"""Events that become a part of the history, some of them only in some cases."""
OWN_WORDS = frozenset({MessageRegistered.type, MessageAdded.type, VerdictGiven.type, SupportGiven.type})
PLACES = {kind: place for place, kind in enumerate(sorted(OWN_WORDS), 1)}
LAST_PLACE = 9
"""Of two steps of one moment what a citizen says comes before what follows from it."""
REFUSED_WORDS = frozenset({MessageForwarded.type, VerdictForwarded.type, JoinForwarded.type})
"""What a region may refuse of what the citizen said."""


@value
class HistoryEntry:
    """One step of a case. What it does not tell is None, its `words` empty."""

    case_id: str
    event_id: str
    at: datetime
    sequence: int
    """Of the record on its topic: orders what one moment brought."""
    kind: str
    """The event's type."""
    words: str = ""
    """What the citizen said, redacted, or the region: a question, an answer, a ground."""
    due_at: datetime | None = None
    """The deadline from here on; of a pause its end."""
    authority: str | None = None
    region: str | None = None
    on_time: bool | None = None
    rating: int | None = None
    other: str | None = None
    """Of a joined case the one it goes on under; of a refusal the type of what was refused; of a wait that ended what
    follows; of a clarification the codes of the categories, a line each; of a message that was divided the cases of
    its parts, a line each; of an escalation whom it tells; of a suggested duplicate its category and distance in
    metres, a line each; of the citizen's word on that `same` or `apart`; of another address its state and channel, a
    line each."""
    message_id: str | None = None
    """Of the citizen's own words."""
    citizen: str | None = None
    """Whose words they are."""
    shown_at: datetime | None = None
    """When a question was first shown on the citizen's page."""


def order_of(entry: HistoryEntry) -> tuple[datetime, int, int, str]:
    """By which the steps of a case are ordered, in the database too."""
    return entry.at, PLACES.get(entry.kind, LAST_PLACE), entry.sequence, entry.event_id


def entry_of(delivery: Delivery) -> HistoryEntry | None:
    """The step that a record tells of; None for what its citizen has no business with."""
    told = _told(delivery.event)
    if told is None:
        return None
    event, envelope = delivery.event, delivery.envelope
    if isinstance(event, CaseEvent):
        told |= {"authority": event.authority, "region": event.region}
    case_id: str = getattr(event, "case_id", delivery.key)
    return HistoryEntry(case_id, envelope.id, envelope.time, envelope.sequence or 0, event.type, **told)


def _told(event: Event) -> dict[str, Any] | None:
    match event:
        case MessageRegistered() | MessageAdded():
            return {"words": event.text, "message_id": event.message_id, "citizen": event.citizen}
        case VerdictGiven():
            return {
                "words": event.text, "message_id": event.message_id, "citizen": event.citizen,
                "rating": event.rating, "other": event.verdict,
            }  # fmt: skip
        case ClarificationAsked():
            return {"other": "\n".join(event.choices)}
        case DuplicateSuggested():
            return {"other": f"{event.category}\n{event.distance_metres}"} if event.ask_citizen else None
        case DuplicateDecided():
            return {}
        case SupportGiven():
            return {
                "message_id": event.message_id, "citizen": event.citizen, "other": "same" if event.supports else "apart"
            }  # fmt: skip
        case OtherAddressNoted():
            return {"other": f"{event.state}\n{event.channel}"}
        case TriageDeclined():
            return {"words": event.reason}
        case EmergencyNoticed():
            return {"other": event.call}
        case CaseEscalated():
            return {"other": event.to}
        case CaseEscalationWithdrawn():
            return {}
        case ThanksReceived():
            return {}
        case MessageSplit():
            return {"other": "\n".join(part_case_id(event.case_id, n) for n in range(1, len(event.parts) + 1))}
        case region.CaseDeferred():
            return {"words": event.reason, "due_at": event.until}
        case region.CaseExtended():
            return {"words": event.reason, "due_at": event.due_at}
        case region.CitizenAsked():
            return {"words": event.question}
        case region.CaseReminded():
            return {"words": event.question, "due_at": event.ends_at}
        case region.CaseWaitEnded():
            return {"due_at": event.due_at, "other": event.then}
        case region.CaseJoined():
            return {"other": event.into_case}
        case region.CaseAnswered():
            return {"words": event.text, "on_time": event.on_time}
        case region.CaseDeclined():
            return {"words": event.ground}
        case region.CaseConfirmed() | region.CaseRated():
            return {"rating": event.rating}
        case region.CommandRefused():
            return {"other": event.command} if event.command in REFUSED_WORDS else None
        case (
            region.CaseOpenedSummary() | region.CaseTransferred() | region.WorkStarted() | region.MessageJoined()
            | region.CaseReopened() | region.CaseOverdue() | region.CaseOverdueWithdrawn()
        ):  # fmt: skip
            return {"due_at": event.due_at}
        case TriageRequested() | region.CaseAccepted() | region.CitizenReached() | region.CaseWithdrawn():
            return {}
        case _:
            return None
