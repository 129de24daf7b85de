"""A case comes to its region: for the first time, or back after a hand-over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from common.contracts.case_life import CaseRule
from common.contracts.events import region, routing
from common.contracts.refusals import Reason

from regional.case import Case, CaseDecision, CaseEvent, Refused, RegionContext
from regional.transition import Transition, accept_if_automatic


def _waiting(event: routing.CaseAssigned) -> dict[str, Any]:
    """How long the case waits for its citizen."""
    return event.waiting.model_dump() if event.waiting is not None else {}


def open_case(
    known: Case | None, event: routing.CaseAssigned, context: RegionContext, now: datetime, correlation_id: str,
    rule: CaseRule, mandate: str | None = None,
) -> CaseDecision:  # fmt: skip
    """A new case, or one that comes back after a hand-over. Its deadline counts from receipt, not from assignment."""
    if event.region != context.region:
        prose = f"the assignment is for region {event.region!r}, this is {context.region!r}"
        raise Refused(Reason("wrong_region", prose, region=event.region))
    due_at = event.due_at or (
        known.due_at if known is not None else context.calendar.add(event.received_at, event.answer_minutes)
    )
    case = Case(
        case_id=event.case_id,
        state=rule.next_state,
        authority=event.authority,
        due_at=due_at,
        clock_started=event.received_at,
        held_since=now,
        last_at=now,
        answer_minutes=event.answer_minutes,
        extension_minutes=event.extension_minutes,
        least_characters=event.least_characters,
        **_waiting(event),
        release=event.release,
        correlation_id=correlation_id,
        assignment=event.model_dump_json(exclude={"because"}, exclude_none=True),
        synthetic=event.synthetic,
        mandate=mandate,
        limits=event.limits,
        hand_overs=event.hand_overs,
        settled_between=event.settled_by == "federal",
        # The region that handed the case over has reported a deadline that was already past.
        overdue=event.handed_over_from is not None and due_at < now,
    )
    if known is not None:
        # It was here before: what its clock has used up, and what was reported and when, stays.
        reported = known.overdue and known.due_at == due_at
        case = replace(
            case,
            clock_started=known.clock_started,
            extended=known.extended,
            overdue=case.overdue or reported,
            overdue_at=known.overdue_at if reported else None,
            waited_minutes=known.waited_minutes,
            reopened=known.reopened,
        )
    opened = region.CaseOpened(
        case_id=event.case_id, region=context.region, authority=event.authority, actor="routing", state=case.state,
        synthetic=event.synthetic, reference=event.reference, message_id=event.message_id, area=event.area,
        category=event.category, priority=event.priority, channel=event.channel, citizen=event.citizen,
        text=event.text, language=event.language, place=event.place, received_at=event.received_at, due_at=due_at,
        release=event.release, because=event.because, arms=event.arms, by_hand=event.by_hand,
        authority_by_rules=event.authority_by_rules, handed_over_from=event.handed_over_from, part_of=event.part_of,
        limits=event.limits, hand_overs=event.hand_overs, settled_by=event.settled_by,
    )  # fmt: skip
    step = Transition(case, context, now, None, [CaseEvent(opened, now)], rule)
    accept_if_automatic(step)
    return CaseDecision(step.case, tuple(step.said))
