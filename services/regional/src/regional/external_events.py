"""What happens to a case from outside its desk: assignment, later messages, verdicts, directives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.case_life import OPEN, CaseRule
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Command, Event
from common.contracts.refusals import Reason

from regional.case import Case, CaseDecision, CaseEvent, Refused, RegionContext
from regional.transition import Transition, accept_if_automatic


def actor_of(event: Event) -> str:
    """Who stands behind an event."""
    if isinstance(event, Command):
        return event.actor.id
    if isinstance(event, (routing.MessageForwarded, routing.VerdictForwarded)):
        return event.citizen
    return "federal" if isinstance(event, federal.DirectiveIssued | federal.DirectiveWithdrawn) else "routing"


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
        release=event.release,
        correlation_id=correlation_id,
        assignment=event.model_dump_json(exclude={"because"}, exclude_none=True),
        synthetic=event.synthetic,
        mandate=mandate,
        # The region that handed the case over has reported a deadline that was already past.
        overdue=event.handed_over_from is not None and due_at < now,
    )
    if known is not None:
        # It was here before: what its clock has used up, and what was reported, stays.
        case = replace(
            case,
            clock_started=known.clock_started,
            extended=known.extended,
            overdue=case.overdue or (known.overdue and known.due_at == due_at),
            waited_minutes=known.waited_minutes,
            reopened=known.reopened,
        )
    opened = region.CaseOpened(
        case_id=event.case_id, region=context.region, authority=event.authority, actor="routing", state=case.state,
        synthetic=event.synthetic, reference=event.reference, message_id=event.message_id, area=event.area,
        category=event.category, priority=event.priority, channel=event.channel, citizen=event.citizen,
        text=event.text, language=event.language, place=event.place, received_at=event.received_at, due_at=due_at,
        release=event.release, because=event.because, by_hand=event.by_hand,
        handed_over_from=event.handed_over_from,
    )  # fmt: skip
    step = Transition(case, context, now, None, [CaseEvent(opened, now)], rule)
    accept_if_automatic(step)
    return CaseDecision(step.case, tuple(step.said))


def join_message(case: Case, event: routing.MessageForwarded, step: Transition) -> None:
    """A later message. If the case waited for it, work goes on: due later by the time that the clock stood still."""
    due_at: datetime | None = None
    if case.state == "waiting":
        due_at = step.run_clock()
        step.follow(case.resumes_as or "accepted")
    step.say(region.MessageJoined, event.citizen, message_id=event.message_id, text=event.text, due_at=due_at)


def stop_clock(case: Case, event: routing.QuestionDeliveryForwarded, step: Transition) -> None:
    """The question reached the citizen, so the clock stands still from now on; once a question."""
    if step.rule.event is not None and case.waiting_since is None:
        step.to(waiting_since=step.now)
        step.say(region.CitizenReached, "routing")


def hear_verdict(case: Case, event: routing.VerdictForwarded, step: Transition) -> None:
    """The citizen's word on the answer; or the citizen withdraws."""
    if event.verdict == "confirmed":
        if not step.rule.after:
            if event.rating is None:
                prose = "the answer is confirmed already; only a rating can be added"
                raise Refused(Reason("confirmed_already", prose))
            step.say(region.CaseRated, event.citizen, rating=event.rating, reason=event.text)
            return
        step.follow()
        step.say(region.CaseConfirmed, event.citizen, rating=event.rating, reason=event.text)
    elif event.verdict == "reopened":
        reopened = step.follow(
            # A new answer is owed, so it has its own clock; the first deadline's result stands on the record.
            due_at=step.context.calendar.add(step.now, case.answer_minutes),
            clock_started=step.now,
            held_since=step.now,
            overdue=False,
            overdue_at=None,
            waited_minutes=0,
            held_waited=0,
            reopened=case.reopened + 1,
        )
        step.say(
            region.CaseReopened, event.citizen, rating=event.rating, times=reopened.reopened, due_at=reopened.due_at,
            reason=event.text,
        )  # fmt: skip
    else:
        step.follow(waiting_since=None, resumes_as=None)
        step.say(region.CaseWithdrawn, event.citizen, reason=event.text)
        step.fulfil_directives(event.citizen, "the citizen withdrew the case")


def receive_directive(case: Case, event: federal.DirectiveIssued, step: Transition) -> None:
    """Note a directive; if the case has come to its end already, say so at once."""
    if event.directive_id in case.directives:
        raise Refused(Reason("directive_known", f"directive {event.directive_id!r} is known already"))
    step.to(directives=(*case.directives, event.directive_id))
    step.say(region.DirectiveReceived, "federal", directive_id=event.directive_id, reason=event.demand)
    if case.state not in OPEN:
        step.fulfil_directives("system", f"the case was {case.state} before the directive came")


def drop_directive(case: Case, event: federal.DirectiveWithdrawn, step: Transition) -> None:
    """A directive that the centre took back binds no more; the centre itself has said so."""
    step.to(directives=tuple(d for d in case.directives if d != event.directive_id))
