"""When a case becomes federal: a clock that runs from the case's due date, whatever was edited since. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from common.contracts.case_life import CLOCK_EFFECTS, ENDS, clock_stands
from common.contracts.envelope import derived_id
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Event
from common.contracts.frozen import value

from federal.model import (
    NOT_PLACED,
    Directive,
    FederalContext,
    FederalDecision,
    FederalEvent,
    Watched,
)

MAX_LEVELS = 9
"""Ends the ladder of a table that has a row for every level."""

HEARD: frozenset[type[Event]] = frozenset(
    {
        *ENDS, *(CLOCK_EFFECTS.keys() - {region.CaseOpened}), region.CaseOpenedSummary, region.CaseTransferred,
        region.CaseExtended, region.CaseOverdue, region.PriorityRaisedSummary, region.DirectiveAnswered,
        routing.TriageRequested, routing.TriageDeclined, routing.MessageSplitSummary,
    }
)  # fmt: skip
"""An opening is read in its summary, which has what the centre needs of it."""
UNPLACED = (routing.TriageDeclined, routing.MessageSplitSummary)
"""A message leaves triage and is no case; parts of it come as messages of their own."""


@value
class Heard:
    """A fact and its envelope's words."""

    event: Event
    time: datetime
    release: str
    correlation_id: str


def apply(
    case: Watched | None, heard: Heard, directives: Sequence[Directive], centre: FederalContext
) -> FederalDecision:
    """Apply one fact. Levels reached before it fire first: how often the clock ticks changes nothing."""
    if case is None:
        return FederalDecision(_begin(heard, centre))
    now = max(heard.time, case.last_at)
    event = heard.event
    if isinstance(event, routing.TriageRequested) or _is_stale(case, heard):
        return FederalDecision(case)
    if isinstance(event, region.CaseOverdue):
        # The region says it at the very tick at which the centre's own ladder moves: it must move nothing here.
        return FederalDecision(replace(case, overdue=True))
    reached = escalate(case, now, centre, inclusive=False)
    case = reached.case or case
    closed: list[Directive] = []
    said = list(reached.events)
    known = (*directives, *reached.directives)
    if isinstance(event, region.CaseOpenedSummary):
        opened = _begin(heard, centre)
        if opened is not None:
            same_clock = opened.due_at == case.due_at
            case = replace(opened, level=case.level if same_clock else 0, overdue=case.overdue and same_clock)
    else:
        case = _follow(case, event, now)
    for directive in known:
        text = _closing_words(event, directive)
        if text is not None:
            closed.append(replace(directive, closed_at=now))
            closing = federal.DirectiveClosed(
                directive_id=directive.directive_id, case_id=directive.case_id, region=directive.region, text=text,
                on_time=now <= directive.answer_by,
            )  # fmt: skip
            said.append(FederalEvent(closing, now, "federal.directives"))
    case = replace(case, last_at=max(now, case.last_at))
    kept = {d.directive_id: d for d in (*reached.directives, *closed)}
    return FederalDecision(replace(case, next_at=_next_at(case, centre)), tuple(kept.values()), tuple(said))


def escalate(case: Watched, until: datetime, centre: FederalContext, *, inclusive: bool = True) -> FederalDecision:
    """Every level reached by `until`, in order, each with its own time."""
    said: list[FederalEvent] = []
    issued: list[Directive] = []
    while (at := case.next_at) is not None and (at < until or (inclusive and at == until)):
        level = case.level + 1
        rung = centre.rung(case, level, at)
        if rung is None:
            case = replace(case, next_at=None)
            break
        # A case heard of late has passed levels before it was known: they count from then.
        at = max(at, case.last_at)
        escalated = federal.CaseEscalated(
            case_id=case.case_id, region=case.region, authority=case.authority, level=level, to=rung.to,
            due_at=case.due_at, because=rung.because, arms=rung.arms,
        )  # fmt: skip
        said.append(FederalEvent(escalated, at, "federal.escalations"))
        if rung.directive and case.region is not None:
            directive = Directive(
                directive_id=directive_of(case, level),
                case_id=case.case_id,
                region=case.region,
                answer_by=centre.calendar(case.region).add(at, rung.directive_minutes),
            )
            issued.append(directive)
            order = federal.DirectiveIssued(
                directive_id=directive.directive_id, case_id=case.case_id, region=case.region,
                demand=f"Answer the citizen: the case was due at {case.due_at.isoformat()}",
                answer_by=directive.answer_by,
            )  # fmt: skip
            said.append(FederalEvent(order, at, "federal.directives"))
        case = replace(case, level=level, last_at=at)
        case = replace(case, next_at=_next_at(case, centre))
    return FederalDecision(case, tuple(issued), tuple(said))


def take_back(case: Watched, right: datetime, now: datetime, reason: str, centre: FederalContext) -> FederalDecision:
    """The case as if no tick had ended after `right`: levels that it reaches later are not reached, and their
    directives not given (they are returned, to be forgotten). FederalEvent at `now`."""
    level = case.level
    while level > 0 and _reached_at(case, level, centre) > right:
        level -= 1
    if level == case.level:
        return FederalDecision(case)
    withdrawn = tuple(range(level + 1, case.level + 1))
    said: list[FederalEvent] = [
        FederalEvent(
            federal.CaseEscalationWithdrawn(
                case_id=case.case_id, region=case.region, authority=case.authority, level=level, withdrawn=withdrawn,
                due_at=case.due_at, reason=reason,
            ),
            now,
            "federal.escalations",
        )
    ]  # fmt: skip
    gone: list[Directive] = []
    for each in withdrawn:
        rung = centre.rung(case, each, case.last_at)
        if rung is not None and rung.directive and case.region is not None:
            directive = Directive(directive_of(case, each), case.case_id, case.region, now)
            gone.append(directive)
            order = federal.DirectiveWithdrawn(
                directive_id=directive.directive_id, case_id=case.case_id, region=case.region, reason=reason
            )
            said.append(FederalEvent(order, now, "federal.directives"))
    case = replace(case, level=level, last_at=min(case.last_at, right))
    return FederalDecision(replace(case, next_at=_next_at(case, centre)), tuple(gone), tuple(said))


def overdue_withdrawn(case: Watched, event: region.CaseOverdueWithdrawn, centre: FederalContext) -> Watched:
    """The region's deadline stands again, and the ladder counts from it."""
    if event.region != case.region:
        return case
    case = replace(case, overdue=False, due_at=event.due_at)
    return replace(case, next_at=_next_at(case, centre))


def directive_of(case: Watched, level: int) -> str:
    """The id of the directive that a level brings: one for a deadline and level."""
    return derived_id("directive", case.case_id, case.due_at.isoformat(), str(level))


def _reached_at(case: Watched, level: int, centre: FederalContext) -> datetime:
    """When a level that was reached is reached by the case's deadline."""
    rung = centre.rung(case, level, case.last_at)
    return case.due_at if rung is None else centre.calendar(case.region).add(case.due_at, rung.after_minutes)


def _begin(heard: Heard, centre: FederalContext) -> Watched | None:
    """The first word of a case: opened by a region, or in triage with nobody to hold it."""
    event, now = heard.event, heard.time
    if isinstance(event, region.CaseOpenedSummary):
        case = Watched(
            event.case_id, event.region, event.authority, event.priority, event.due_at, 0, None, True, False, None,
            now, now, event.release, heard.correlation_id,
        )  # fmt: skip
    elif isinstance(event, routing.TriageRequested):
        case = Watched(
            event.case_id, None, None, event.priority or NOT_PLACED, event.received_at, 0, None, True, False, None,
            now, now, event.release or heard.release, heard.correlation_id,
        )  # fmt: skip
        rung = centre.rung(case, NOT_PLACED, now)
        # Without a row for it, it is due as soon as it was received.
        minutes = 0 if rung is None else rung.after_minutes
        case = replace(case, due_at=centre.calendar(None).add(event.received_at, minutes))
    else:
        return None
    return replace(case, next_at=_next_at(case, centre))


def _is_stale(case: Watched, heard: Heard) -> bool:
    """Topics of two regions have no common order: a word of a holder that is not the present one comes too late."""
    event = heard.event
    if isinstance(event, region.CaseOpenedSummary):
        return case.region is not None and heard.time < case.since
    if isinstance(event, region.CaseEvent):
        return event.region != case.region
    return isinstance(event, UNPLACED) and case.region is not None


def _follow(case: Watched, event: Event, now: datetime) -> Watched:
    if type(event) in ENDS or isinstance(event, UNPLACED):
        return replace(case, open=False, waiting_since=None)
    if isinstance(event, region.CaseTransferred):
        if event.to_region is None:
            return replace(case, authority=event.authority)
        return replace(case, region=None, authority=event.authority, since=now)
    if isinstance(event, region.CaseExtended):
        return replace(case, due_at=event.due_at)
    if isinstance(event, region.PriorityRaisedSummary):
        return replace(case, priority=event.priority)
    effect = CLOCK_EFFECTS.get(type(event)) if isinstance(event, region.CaseEvent) else None
    due_at: datetime | None = getattr(event, "due_at", None)
    if effect == "stops":
        return replace(case, waiting_since=now)
    if effect is None or due_at is None:
        return case
    case = replace(case, due_at=due_at, waiting_since=None)
    return replace(case, open=True, overdue=False, level=0) if effect == "starts" else case


def _next_at(case: Watched, centre: FederalContext) -> datetime | None:
    """When the next level is reached: working minutes after the due date, unless the clock stands still."""
    if not case.open or clock_stands(case.waiting_since, case.due_at) or case.level >= MAX_LEVELS:
        return None
    rung = centre.rung(case, case.level + 1, case.last_at)
    return None if rung is None else centre.calendar(case.region).add(case.due_at, rung.after_minutes)


def _closing_words(event: Event, directive: Directive) -> str | None:
    """What closes a directive: the region fulfilled it, or the case left the region."""
    if isinstance(event, region.DirectiveAnswered):
        return event.text if event.fulfilled and event.directive_id == directive.directive_id else None
    if isinstance(event, region.CaseTransferred) and event.to_region and event.region == directive.region:
        return f"the case went to region {event.to_region}"
    return None
