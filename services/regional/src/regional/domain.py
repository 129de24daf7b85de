"""How a case lives: one event or command in, the case afterwards and its transitions out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from common.contracts.case_life import JOINABLE, OPENING, CaseRule, rule_of
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Event
from common.contracts.frozen import value
from common.contracts.refusals import Reason, coded

from regional import citizen_words, commands, directives, disputes
from regional.case import Case, CaseDecision, CaseEvent, Refused, RegionContext
from regional.opening import open_case
from regional.passing_time import pass_time
from regional.refusals import actor_of, impossible
from regional.transition import Transition


@value
class Incoming:
    """What came: its id, the chain it belongs to and its time."""

    id: str
    correlation_id: str
    time: datetime
    event: Event
    mandate: str | None = None


Move = Callable[[Case, Any, Transition], None]

MOVES: dict[type[Event], Move] = {
    region.AcceptCase: commands.accept,
    region.StartWork: commands.start_work,
    region.TransferCase: commands.transfer,
    region.RaiseDispute: disputes.raise_dispute,
    region.SettleDispute: disputes.settle_dispute,
    region.ExtendCase: commands.extend,
    region.DeferCase: commands.defer,
    region.AskCitizen: commands.ask_citizen,
    region.JoinCase: commands.join,
    region.AnswerCase: commands.answer,
    region.DeclineCase: commands.decline,
    region.AnswerDirective: commands.answer_directive,
    routing.MessageForwarded: citizen_words.join_message,
    routing.VerdictForwarded: citizen_words.hear_verdict,
    routing.JoinForwarded: citizen_words.join_known,
    routing.QuestionDeliveryForwarded: citizen_words.hear_question_arrived,
    federal.DirectiveIssued: directives.receive,
    federal.DirectiveWithdrawn: directives.drop,
}


def decide(case: Case | None, incoming: Incoming, context: RegionContext, *, other: Case | None = None) -> CaseDecision:
    """Decide one record about one case.

    `other` is the case named by JoinCase or JoinForwarded, if this region has it. What time alone brought before this
    record comes first, so the outcome does not depend on how often the clock ticks. What the case's life forbids gives
    CommandRefused alone and the case as it was.
    """
    now = incoming.time if case is None else max(incoming.time, case.last_at)
    event = incoming.event
    try:
        if isinstance(event, routing.CaseAssigned):
            rule = OPENING if case is None else _rule(case, event)
            return open_case(case, event, context, now, incoming.correlation_id, rule, incoming.mandate)
        if case is None:
            raise Refused(Reason("no_such_case", "this region has no such case"))
        settled = pass_time(case, context, now, inclusive=False)
        rule = _rule(settled.case or case, event)
        step = Transition(settled.case or case, context, now, other, list(settled.events), rule)
        MOVES[type(event)](step.case, event, step)
    except Refused as refusal:
        return refuse(case, incoming, context, refusal.reason)
    return CaseDecision(replace(step.case, last_at=now), tuple(step.said))


def raised_by_join(case: Case, joined: Case, incoming: Incoming, context: RegionContext) -> CaseDecision:
    """The case under which another goes on has at least the priority that an emergency gave that one; the rows that
    say so stand with that one."""
    now, least = max(incoming.time, case.last_at), joined.urgent_priority
    rule = rule_of(routing.MessageForwarded, case.state)
    if rule is None or case.state not in JOINABLE or least <= case.priority:
        return CaseDecision(case, ())
    settled = pass_time(case, context, now, inclusive=False)
    step = Transition(settled.case or case, context, now, None, list(settled.events), rule)
    before = step.case.priority
    step.to(raised_to=least)
    message = str(orjson.loads(joined.assignment)["message_id"])
    step.say(region.PriorityRaised, "routing", priority=least, from_priority=before, message_id=message)
    return CaseDecision(replace(step.case, last_at=now), tuple(step.said))


def _rule(case: Case, event: Event) -> CaseRule:
    """The row that allows what came; raises Refused when none does."""
    verdict = event.verdict if isinstance(event, routing.VerdictForwarded) else None
    rule = rule_of(type(event), case.state, verdict)
    if rule is None:
        raise Refused(impossible(event, case.state, verdict))
    return rule


def refuse(case: Case | None, incoming: Incoming, context: RegionContext, reason: str) -> CaseDecision:
    """The case as it was, and the refusal as an event."""
    event = incoming.event
    now = incoming.time if case is None else max(incoming.time, case.last_at)
    refusal = region.CommandRefused(
        case_id=str(getattr(event, "case_id", "")),
        region=context.region,
        command=event.type,
        command_id=incoming.id,
        actor=actor_of(event),
        **coded(reason),
    )
    return CaseDecision(case, (CaseEvent(refusal, now),))
