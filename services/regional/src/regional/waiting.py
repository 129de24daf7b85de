"""A case that waits for its citizen: when they are reminded of the question, and what follows without a reply. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.contracts.case_life import rule_of_time
from common.contracts.events import region

from regional import answer_clock
from regional.case import Case, CaseDecision, RegionContext
from regional.transition import Transition

NO_REPLY = "no reply came to the question about it within the term that the rules give"
"""The ground of a case that the rules close."""


def ask(step: Transition, question: str) -> None:
    """A question is on its way: the case does not wait longer for a reply than the rules say, reached or not."""
    step.follow(resumes_as=step.case.state, question=question, asked_at=step.now)
    _count(step, step.case.term_minutes)


def reached(step: Transition) -> bool:
    """The question reached the citizen: the clock stands from now on, and the term counts anew. False where it may not
    stand any more, since the citizen did not reply to earlier ones."""
    left = step.case.term_minutes - step.case.vain_minutes
    if left <= 0:
        return False
    answer_clock.stop(step)
    _count(step, left)
    return True


def give_up(step: Transition) -> datetime:
    """Work goes on without the reply; returns the deadline."""
    return answer_clock.go_on(step, replied=False)


def remind(case: Case, context: RegionContext, at: datetime) -> CaseDecision:
    """The question is put once more."""
    step = Transition(case, context, at, None, [], rule_of_time("reminder"))
    ends_at, asked_at = case.wait_ends_at or at, case.asked_at or at
    step.to(remind_at=None, last_at=at)
    step.say(
        region.CaseReminded, "clock", question=case.question, asked_at=asked_at, ends_at=ends_at, then=_then(case)
    )  # fmt: skip
    return CaseDecision(step.case, tuple(step.said))


def end(case: Case, context: RegionContext, at: datetime) -> CaseDecision:
    """The term is over. Nobody's case is closed for want of a reply to a question that did not reach them."""
    step = Transition(case, context, at, None, [], rule_of_time("reply_term"))
    if case.wait_ends_at is None:
        _count(step, case.term_minutes)
        return CaseDecision(step.to(asked_at=case.asked_at or at))
    then, resumes_as = _then(case), case.resumes_as or "accepted"
    due_at = give_up(step)
    step.follow("declined" if then == "closes" else resumes_as, last_at=at)
    step.say(region.CaseWaitEnded, "clock", then=then, due_at=due_at)
    if then == "closes":
        step.say(region.CaseDeclined, "clock", ground=NO_REPLY, no_reply=True)
        step.fulfil_directives("clock", f"declined: {NO_REPLY}")
    return CaseDecision(step.case, tuple(step.said))


def _then(case: Case) -> str:
    return case.then if case.waiting_since is not None else "goes_on"


def _count(step: Transition, minutes: int) -> None:
    """The term from now on, and when the citizen is to be reminded, once a question and before the end."""
    case, add = step.case, step.context.calendar.add
    # A moment later at least: the wait of this record does not end with it, whatever the calendar says.
    ends_at = max(add(step.now, minutes), step.now + timedelta(seconds=1))
    reminded = case.wait_ends_at is not None and case.remind_at is None
    remind_at = None if reminded or not 0 < case.remind_minutes < minutes else add(step.now, case.remind_minutes)
    step.to(wait_ends_at=ends_at, remind_at=remind_at)
