"""What happens to a case from outside its desk: assignment, later messages, verdicts, directives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.contracts.events import federal, region, routing
from common.contracts.events.base import Command, Event

from regional.case import OPEN, Case, CaseDecision, CaseEvent, Refused, RegionContext

CLOSED_FOR_GOOD = frozenset({"joined", "declined", "withdrawn", "handed_over"})


@dataclass(slots=True)
class Transition:
    """A decision in the making: `say` adds an event, `to` changes the case."""

    case: Case
    context: RegionContext
    now: datetime
    other: Case | None
    said: list[CaseEvent]

    def to(self, **changes: Any) -> Case:
        """Replace fields of the case."""
        self.case = replace(self.case, **changes)
        return self.case

    def say(self, kind: type[region.CaseEvent], actor: str, **fields: Any) -> None:
        """An event about the case as it is now."""
        case = self.case
        common = {
            "case_id": case.case_id,
            "region": self.context.region,
            "authority": case.authority,
            "actor": actor,
            "state": case.state,
            "synthetic": case.synthetic,
        }
        self.said.append(CaseEvent(kind(**(common | fields)), self.now))

    def fulfil_directives(self, actor: str, text: str) -> None:
        """The case came to an end that a directive could want: all its directives are fulfilled."""
        for directive_id in self.case.directives:
            self.say(region.DirectiveAnswered, actor, directive_id=directive_id, text=text, fulfilled=True)
        self.to(directives=())


def actor_of(event: Event) -> str:
    """Who stands behind an event."""
    if isinstance(event, Command):
        return event.actor.id
    if isinstance(event, (routing.MessageForwarded, routing.VerdictForwarded)):
        return event.citizen
    return "federal" if isinstance(event, federal.DirectiveIssued | federal.DirectiveWithdrawn) else "routing"


def open_case(
    known: Case | None, event: routing.CaseAssigned, context: RegionContext, now: datetime, correlation_id: str,
    mandate: str | None = None,
) -> CaseDecision:  # fmt: skip
    """A new case, or one that comes back after a hand-over. Its deadline counts from receipt, not from assignment."""
    if event.region != context.region:
        raise Refused(f"the assignment is for region {event.region!r}, this is {context.region!r}")
    if known is not None and known.state != "handed_over":
        raise Refused(f"the case is here already, in state {known.state!r}")
    due_at = event.due_at or (
        known.due_at if known is not None else context.calendar.add(event.received_at, event.answer_minutes)
    )
    case = Case(
        case_id=event.case_id,
        state="assigned",
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
        case_id=event.case_id, region=context.region, authority=event.authority, actor="routing", state="assigned",
        synthetic=event.synthetic, reference=event.reference, message_id=event.message_id, area=event.area,
        category=event.category, priority=event.priority, channel=event.channel, citizen=event.citizen,
        text=event.text, language=event.language, place=event.place, received_at=event.received_at, due_at=due_at,
        release=event.release, because=event.because, by_hand=event.by_hand,
        handed_over_from=event.handed_over_from,
    )  # fmt: skip
    step = Transition(case, context, now, None, [CaseEvent(opened, now)])
    accept_if_automatic(step)
    return CaseDecision(step.case, tuple(step.said))


def accept_if_automatic(step: Transition) -> None:
    """An authority with automatic acceptance takes what it is given in the same decision."""
    authority = step.context.authorities.get(step.case.authority)
    if authority is not None and authority.automatic:
        step.to(state="accepted")
        step.say(region.CaseAccepted, authority.id, reason="accepted automatically")


def stopped_minutes(case: Case, context: RegionContext, now: datetime) -> int:
    """Working minutes the clock has stood still since the citizen was asked."""
    return 0 if case.waiting_since is None else max(0, context.calendar.minutes_between(case.waiting_since, now))


def join_message(case: Case, event: routing.MessageForwarded, step: Transition) -> None:
    """A later message. If the case waited for it, the clock runs again: due later by the time it stood still."""
    if case.state == "handed_over":
        raise Refused("the case was handed over to another region")
    due_at: datetime | None = None
    if case.waiting_since is not None:
        stopped = stopped_minutes(case, step.context, step.now)
        # A deadline that had already passed when the citizen was asked stays where it is.
        ran_out = case.overdue or case.due_at <= case.waiting_since
        due_at = case.due_at if ran_out else step.context.calendar.add(case.due_at, stopped)
        step.to(
            state=case.resumes_as or "accepted",
            due_at=due_at,
            waiting_since=None,
            resumes_as=None,
            waited_minutes=case.waited_minutes + stopped,
            held_waited=case.held_waited + stopped,
        )
    step.say(region.MessageJoined, event.citizen, message_id=event.message_id, text=event.text, due_at=due_at)


def hear_verdict(case: Case, event: routing.VerdictForwarded, step: Transition) -> None:
    """The citizen's word on the answer; or the citizen withdraws."""
    if event.verdict == "confirmed":
        if case.state == "confirmed" and event.rating is not None:
            step.say(region.CaseRated, event.citizen, rating=event.rating, reason=event.text)
            return
        _must_be(case, frozenset({"answered"}), "confirmed")
        step.to(state="confirmed")
        step.say(region.CaseConfirmed, event.citizen, rating=event.rating, reason=event.text)
    elif event.verdict == "reopened":
        _must_be(case, frozenset({"answered", "confirmed"}), "reopened")
        reopened = step.to(
            state="accepted",
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
        _must_be(case, OPEN | {"answered"}, "withdrawn")
        step.to(state="withdrawn", waiting_since=None, resumes_as=None)
        step.say(region.CaseWithdrawn, event.citizen, reason=event.text)
        step.fulfil_directives(event.citizen, "the citizen withdrew the case")


def receive_directive(case: Case, event: federal.DirectiveIssued, step: Transition) -> None:
    """Note a directive; if the case has come to its end already, say so at once."""
    if case.state == "handed_over":
        raise Refused("the case was handed over to another region")
    if event.directive_id in case.directives:
        raise Refused(f"directive {event.directive_id!r} is known already")
    step.to(directives=(*case.directives, event.directive_id))
    step.say(region.DirectiveReceived, "federal", directive_id=event.directive_id, reason=event.demand)
    if case.state not in OPEN:
        step.fulfil_directives("system", f"the case was {case.state} before the directive came")


def drop_directive(case: Case, event: federal.DirectiveWithdrawn, step: Transition) -> None:
    """A directive that the centre took back binds no more; the centre itself has said so."""
    step.to(directives=tuple(d for d in case.directives if d != event.directive_id))


def _must_be(case: Case, states: frozenset[region.State], wanted: str) -> None:
    if case.state not in states:
        raise Refused(f"a case that is {case.state!r} cannot be {wanted}; it must be {' or '.join(sorted(states))}")
