"""How a case lives: one event or command in, the case afterwards and its transitions out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.events import federal, region, routing
from common.events.base import Event
from common.values import value

from regional import commands, life
from regional.case import Case, Decision, Land, Refused, Said
from regional.life import Step


@value
class Occasion:
    """What came: its id, the chain it belongs to and its time."""

    id: str
    correlation_id: str
    time: datetime
    event: Event


Move = Callable[[Case, Any, Step], None]

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
    routing.MessageForwarded: life.join_message,
    routing.VerdictForwarded: life.hear_verdict,
    federal.DirectiveIssued: life.receive_directive,
}


def decide(case: Case | None, occasion: Occasion, land: Land, *, other: Case | None = None) -> Decision:
    """Decide one record about one case.

    `other` is the case named by JoinCase, if this region has it. A deadline that passed before this record is
    reported first, so the outcome does not depend on how often the clock ticks. What the case's life forbids gives
    CommandRefused alone and the case as it was.
    """
    now = occasion.time if case is None else max(occasion.time, case.last_at)
    try:
        if isinstance(occasion.event, routing.CaseAssigned):
            return life.open_case(case, occasion.event, land, now, occasion.correlation_id)
        if case is None:
            raise Refused("this region has no such case")
        settled = report_overdue(case, land, now, inclusive=False)
        step = Step(settled.case or case, land, now, other, list(settled.events))
        MOVES[type(occasion.event)](step.case, occasion.event, step)
    except Refused as refusal:
        return refuse(case, occasion, land, str(refusal))
    return Decision(replace(step.case, last_at=now), tuple(step.said))


def report_overdue(case: Case, land: Land, until: datetime, *, inclusive: bool = True) -> Decision:
    """CaseOverdue with the deadline's own time, if it passed by `until`; once a deadline."""
    fires = case.fires_at
    if fires is None or fires > until or (fires == until and not inclusive):
        return Decision(case)
    at = max(fires, case.last_at)
    event = region.CaseOverdue(
        case_id=case.case_id, region=land.region, authority=case.authority, actor="clock", state=case.state,
        synthetic=case.synthetic, due_at=fires,
    )  # fmt: skip
    return Decision(replace(case, overdue=True, last_at=at), (Said(event, at),))


def refuse(case: Case | None, occasion: Occasion, land: Land, reason: str) -> Decision:
    """The case as it was, and the refusal as an event."""
    event = occasion.event
    now = occasion.time if case is None else max(occasion.time, case.last_at)
    refusal = region.CommandRefused(
        case_id=str(getattr(event, "case_id", "")),
        region=land.region,
        command=event.type,
        command_id=occasion.id,
        actor=life.actor_of(event),
        reason=reason,
    )
    return Decision(case, (Said(refusal, now),))
