"""How a case lives: one event or command in, the case afterwards and its transitions out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from common.contracts.case_life import OPENING, CaseRule, rule_of
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Event
from common.contracts.frozen import value
from common.contracts.refusals import Reason, coded

from regional import commands, external_events
from regional.case import Case, CaseDecision, CaseEvent, Refused, RegionContext
from regional.refusals import impossible
from regional.transition import Transition


@value
class Incoming:
    """What came: its id, the chain it belongs to and its time."""

    id: str
    correlation_id: str
    time: datetime
    event: Event
    mandate: str | None = None


AHEAD = timedelta(days=1)
"""How far records may be ahead of their tick: a replay tells what happened in an interval before its tick."""

Move = Callable[[Case, Any, Transition], None]

MOVES: dict[type[Event], Move] = {
    region.AcceptCase: commands.accept,
    region.StartWork: commands.start_work,
    region.TransferCase: commands.transfer,
    region.ExtendCase: commands.extend,
    region.DeferCase: commands.defer,
    region.AskCitizen: commands.ask_citizen,
    region.JoinCase: commands.join,
    region.AnswerCase: commands.answer,
    region.DeclineCase: commands.decline,
    region.AnswerDirective: commands.answer_directive,
    routing.MessageForwarded: external_events.join_message,
    routing.VerdictForwarded: external_events.hear_verdict,
    routing.QuestionDeliveryForwarded: external_events.stop_clock,
    federal.DirectiveIssued: external_events.receive_directive,
    federal.DirectiveWithdrawn: external_events.drop_directive,
}


def decide(case: Case | None, incoming: Incoming, context: RegionContext, *, other: Case | None = None) -> CaseDecision:
    """Decide one record about one case.

    `other` is the case named by JoinCase, if this region has it. A deadline that passed before this record is
    reported first, so the outcome does not depend on how often the clock ticks. What the case's life forbids gives
    CommandRefused alone and the case as it was.
    """
    now = incoming.time if case is None else max(incoming.time, case.last_at)
    event = incoming.event
    try:
        if isinstance(event, routing.CaseAssigned):
            rule = OPENING if case is None else _rule(case, event)
            return external_events.open_case(case, event, context, now, incoming.correlation_id, rule, incoming.mandate)
        if case is None:
            raise Refused(Reason("no_such_case", "this region has no such case"))
        rule = _rule(case, event)
        settled = report_overdue(case, context, now, inclusive=False)
        step = Transition(settled.case or case, context, now, other, list(settled.events), rule)
        MOVES[type(event)](step.case, event, step)
    except Refused as refusal:
        return refuse(case, incoming, context, refusal.reason)
    return CaseDecision(replace(step.case, last_at=now), tuple(step.said))


def _rule(case: Case, event: Event) -> CaseRule:
    """The row that allows what came; raises Refused when none does."""
    verdict = event.verdict if isinstance(event, routing.VerdictForwarded) else None
    rule = rule_of(type(event), case.state, verdict)
    if rule is None:
        raise Refused(impossible(event, case.state, verdict))
    return rule


def report_overdue(case: Case, context: RegionContext, until: datetime, *, inclusive: bool = True) -> CaseDecision:
    """CaseOverdue with the deadline's own time, if it passed by `until`; once a deadline."""
    fires = case.fires_at
    if fires is None or fires > until or (fires == until and not inclusive):
        return CaseDecision(case)
    at = max(fires, case.last_at)
    event = region.CaseOverdue(
        case_id=case.case_id, region=context.region, authority=case.authority, actor="clock", state=case.state,
        synthetic=case.synthetic, due_at=fires,
    )  # fmt: skip
    return CaseDecision(replace(case, overdue=True, overdue_at=at, last_at=at), (CaseEvent(event, at),))


def take_back(case: Case, context: RegionContext, right: datetime, now: datetime, reason: str) -> CaseDecision:
    """The case as if no tick had ended after `right`; said at `now`. The same case when no such tick touched it.

    A deadline after `right` is not missed. What people did while the clock was wrong stays done, but not at a time that
    has not come: moments further ahead than records may be of their tick become `now`, and an answer owed since such a
    moment is due from `now`.
    """
    wrongly = case.overdue and case.due_at > right
    changes: dict[str, Any] = {
        name: now
        for name in ("clock_started", "held_since", "waiting_since")
        if (moment := getattr(case, name)) is not None and moment > now + AHEAD
    }
    if wrongly:
        changes |= {"overdue": False, "overdue_at": None, "last_at": min(case.last_at, right)}
    elif case.last_at > now + AHEAD:
        changes["last_at"] = now
    if "clock_started" in changes:
        changes["due_at"] = context.calendar.add(now, case.answer_minutes)
    if not changes:
        return CaseDecision(case)
    case, before = replace(case, **changes), case
    if not wrongly and case.due_at == before.due_at:
        return CaseDecision(case)
    event = region.CaseOverdueWithdrawn(
        case_id=case.case_id, region=context.region, authority=case.authority, actor="clock", state=case.state,
        synthetic=case.synthetic, due_at=case.due_at, reported_at=before.overdue_at, reason=reason,
    )  # fmt: skip
    return CaseDecision(case, (CaseEvent(event, now),))


def refuse(case: Case | None, incoming: Incoming, context: RegionContext, reason: str) -> CaseDecision:
    """The case as it was, and the refusal as an event."""
    event = incoming.event
    now = incoming.time if case is None else max(incoming.time, case.last_at)
    refusal = region.CommandRefused(
        case_id=str(getattr(event, "case_id", "")),
        region=context.region,
        command=event.type,
        command_id=incoming.id,
        actor=external_events.actor_of(event),
        **coded(reason),
    )
    return CaseDecision(case, (CaseEvent(refusal, now),))
