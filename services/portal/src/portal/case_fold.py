"""What each event makes of a case as lists show it: one row a case. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.delivery import Delivery
from common.contracts.events import federal, intake, region, routing
from common.contracts.events.base import Event
from common.contracts.frozen import value

CASE_TYPES: frozenset[type[Event]] = frozenset(
    {
        intake.MessageRegistered,
        intake.MessageAdded,
        intake.AttachmentGiven,
        intake.VerdictGiven,
        intake.SupportGiven,
        intake.DeliveryFailed,
        intake.DeliverySucceeded,
        intake.NoticeRedirected,
        intake.OtherAddressNoted,
        routing.TriageRequested,
        routing.TriageSupplemented,
        routing.ClarificationAsked,
        routing.TriageAnswered,
        routing.TriageDeclined,
        routing.EmergencyNoticed,
        routing.ThanksReceived,
        routing.MessageSplit,
        routing.DuplicateSuggested,
        routing.DuplicateDecided,
        routing.CaseWarned,
        routing.RoutingCommandRefused,
        region.CaseOpenedSummary,
        region.CaseAccepted,
        region.WorkStarted,
        region.CaseTransferred,
        region.DisputeRaised,
        region.DisputeSettled,
        region.CaseExtended,
        region.CaseDeferred,
        region.CitizenAsked,
        region.CitizenReached,
        region.CaseReminded,
        region.CaseWaitEnded,
        region.MessageJoined,
        region.PriorityRaised,
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


def fold_case(view: CaseView | None, event: Event, time: datetime) -> CaseView | None:
    """The view after an event; None while nothing says that the case exists."""
    if isinstance(event, intake.MessageRegistered):
        # Placing it, or asking a person where it belongs, follows within the second and says all of this again: a row
        # now would be written twice, with every index.
        return view
    if isinstance(event, routing.TriageRequested):
        view = view or CaseView(event.case_id, event.reference, "triage", time)
        if view.state in ("triage", "thanked", "divided"):
            return replace(view, state="triage", changed_at=time, channel=event.channel, received_at=event.received_at)
        return view
    if isinstance(event, routing.ThanksReceived):
        return view or CaseView(
            event.case_id, event.reference, "thanked", time, region=event.region, area=event.area,
            category=event.category, authority=event.authority, first_authority=event.authority,
            channel=event.channel, received_at=event.received_at,
        )  # fmt: skip
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
    if isinstance(event, routing.MessageSplit):
        return replace(view, state="divided", changed_at=time)
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
    elif isinstance(event, region.PriorityRaised):
        view = replace(view, priority=event.priority)
    elif isinstance(event, region.CaseExtended | region.CaseWaitEnded):
        view = replace(view, due_at=event.due_at)
    elif isinstance(event, region.MessageJoined | region.WorkStarted):
        view = replace(view, due_at=event.due_at or view.due_at)
    elif isinstance(event, region.CaseConfirmed | region.CaseRated) and event.rating is not None:
        view = replace(view, rating=event.rating)
    return view


def case_of(delivery: Delivery) -> str | None:
    """The case an event belongs to. A region that never had the case may refuse commands about it; that is no event of
    the case."""
    if isinstance(delivery.event, region.CommandRefused) and delivery.envelope.mandate is None:
        return None
    if isinstance(delivery.event, intake.AttachmentGiven):
        return delivery.event.of_case
    return getattr(delivery.event, "case_id", None)
