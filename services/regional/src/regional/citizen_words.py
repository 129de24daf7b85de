"""What the citizen says about a case: later messages, verdicts, that it is a known one, and that a question has reached
them."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events import region, routing
from common.contracts.refusals import Reason

from regional import answer_clock, waiting
from regional.case import Case, Refused
from regional.commands import join_into
from regional.transition import Transition


def join_message(case: Case, event: routing.MessageForwarded, step: Transition) -> None:
    """A later message. If the case waited for it, work goes on: due later by the time that the clock stood still."""
    due_at: datetime | None = None
    if case.state == "waiting":
        due_at = answer_clock.go_on(step, replied=True)
        step.follow(case.resumes_as or "accepted")
    step.to(vain_minutes=0)
    step.say(
        region.MessageJoined, event.citizen, message_id=event.message_id, text=event.text,
        category=event.category, place=event.place, due_at=due_at, replaces=event.replaces,
    )  # fmt: skip
    _raise_priority(event, step)


def _raise_priority(event: routing.MessageForwarded, step: Transition) -> None:
    """The case has at least the priority of the emergency that its words show; none is taken back."""
    if not event.least_priority or event.least_priority <= (before := step.case.priority):
        return
    step.to(raised_to=event.least_priority)
    step.say(
        region.PriorityRaised, "routing", priority=event.least_priority, from_priority=before,
        message_id=event.message_id, because=event.because,
    )  # fmt: skip


def join_known(case: Case, event: routing.JoinForwarded, step: Transition) -> None:
    """The citizen says that it is about the same thing as another case."""
    join_into(case, event.into_case, event.citizen, step)


def hear_question_arrived(case: Case, event: routing.QuestionDeliveryForwarded, step: Transition) -> None:
    """The question reached the citizen, so the clock stands still from now on; once a question. Word of an earlier
    question says nothing about this one."""
    earlier = event.asked_at is not None and event.asked_at != case.asked_at
    if step.rule.event is None or earlier or case.waiting_since is not None:
        return
    if waiting.reached(step):
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
        reopened = step.follow(**answer_clock.started_anew(step), reopened=case.reopened + 1)
        step.say(
            region.CaseReopened, event.citizen, rating=event.rating, times=reopened.reopened, due_at=reopened.due_at,
            reason=event.text,
        )  # fmt: skip
    else:
        step.follow(**answer_clock.NOT_WAITING)
        step.say(region.CaseWithdrawn, event.citizen, reason=event.text)
        step.fulfil_directives(event.citizen, "the citizen withdrew the case")
