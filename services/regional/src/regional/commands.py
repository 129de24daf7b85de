"""What desks and heads order, where the table of a case's life allows it: each function changes the step, or raises
Refused before it did for what the table cannot know."""

from __future__ import annotations

from common.contracts.case_life import JOINABLE, LONGEST_DEFERRAL
from common.contracts.events import region
from common.contracts.refusals import Reason

from regional import answer_clock, waiting
from regional.case import Case, Refused
from regional.disputes import arbiter_between, check_transfer
from regional.passing_on import pass_on
from regional.transition import Transition


def _said(text: str, what: str, field: str) -> str:
    if not text.strip():
        raise Refused(Reason("nothing_said", f"{what} is empty; say it", field=field))
    return text


def accept(case: Case, command: region.AcceptCase, step: Transition) -> None:
    """The authority takes the case by hand."""
    step.follow()
    step.say(region.CaseAccepted, command.actor.id)


def start_work(case: Case, command: region.StartWork, step: Transition) -> None:
    """Work begins, goes on after it was deferred, or goes on without the citizen's word."""
    due_at = waiting.give_up(step) if case.state == "waiting" else None
    step.follow()
    step.say(region.WorkStarted, command.actor.id, due_at=due_at)


def transfer(case: Case, command: region.TransferCase, step: Transition) -> None:
    """Wrong authority, or wrong region. The deadline goes on; the time held is billed to the one that held it."""
    target = step.context.authorities.get(command.to_authority)
    if target is None:
        prose = f"no authority {command.to_authority!r} in this federation"
        raise Refused(Reason("no_such_authority", prose, authority=command.to_authority))
    if target.id == case.authority:
        raise Refused(Reason("with_authority_already", f"the case is with {target.id!r} already", authority=target.id))
    check_transfer(case, command.actor, arbiter_between(target, command.to_region, step.context))
    pass_on(target, command.to_region, command.actor.id, command.reason, step)


def extend(case: Case, command: region.ExtendCase, step: Transition) -> None:
    """Once a case, before its deadline, by what the standard allows."""
    if case.extended:
        raise Refused(Reason("extended_already", "the case was extended once already"))
    if case.extension_minutes <= 0:
        raise Refused(Reason("no_extension", "the standard allows no extension for this case"))
    if case.overdue or case.due_at <= step.now:
        prose = "the deadline has passed; it cannot be extended any more"
        raise Refused(Reason("deadline_passed", prose, due_at=case.due_at.isoformat()))
    reason = _said(command.reason, "the reason", "reason")
    due_at = answer_clock.extend(step)
    step.say(
        region.CaseExtended, command.actor.id, due_at=due_at, by_minutes=case.extension_minutes, reason=reason
    )  # fmt: skip


def defer(case: Case, command: region.DeferCase, step: Transition) -> None:
    """Put off with a reason and a date; the deadline stays where it is."""
    until = command.until.isoformat()
    if command.until <= step.now:
        raise Refused(Reason("date_not_in_future", f"the new date {until} is not in the future", until=until))
    if command.until - step.now > LONGEST_DEFERRAL:
        raise Refused(Reason("date_too_far", f"the new date {until} is more than a year away", until=until))
    reason = _said(command.reason, "the reason", "reason")
    step.follow()
    step.say(region.CaseDeferred, command.actor.id, until=command.until, reason=reason)


def ask_citizen(case: Case, command: region.AskCitizen, step: Transition) -> None:
    """Wait for the citizen's next message. The clock goes on until the question has reached them."""
    question = _said(command.question, "the question", "question")
    waiting.ask(step, question)
    step.say(region.CitizenAsked, command.actor.id, question=question)


def join(case: Case, command: region.JoinCase, step: Transition) -> None:
    """A duplicate goes on under another case."""
    join_into(case, command.into_case, command.actor.id, step)


def join_into(case: Case, into: str, actor: str, step: Transition) -> None:
    """A target that is itself joined is refused, so there are no cycles."""
    if into == case.case_id:
        raise Refused(Reason("joins_itself", "a case cannot join itself"))
    other = step.other
    if other is None:
        prose = f"this region has no case {into!r} to join"
        raise Refused(Reason("no_case_to_join", prose, other=into))
    if other.state == "joined":
        prose = f"case {other.case_id!r} goes on under {other.into_case!r}; join that one"
        raise Refused(Reason("joined_elsewhere", prose, other=other.case_id, into=other.into_case or ""))
    if other.state not in JOINABLE:
        prose = f"case {other.case_id!r} is {other.state}; only an open or answered case can be joined"
        raise Refused(Reason("not_joinable", prose, other=other.case_id, state=other.state))
    step.follow(into_case=other.case_id, **answer_clock.NOT_WAITING)
    step.say(region.CaseJoined, actor, into_case=other.case_id)
    step.fulfil_directives(actor, f"the case goes on under {other.case_id}")


def answer(case: Case, command: region.AnswerCase, step: Transition) -> None:
    """The region's answer: on time unless its deadline was reported. Blanks do not make it longer."""
    text = _said(command.text, "the answer", "text")
    characters = len(" ".join(text.split()))
    if characters < case.least_characters:
        prose = f"the answer has {characters} characters; the rules ask for {case.least_characters} or more"
        raise Refused(Reason("answer_too_short", prose, characters=str(characters), least=str(case.least_characters)))
    worked = answer_clock.end(step)
    step.follow(**answer_clock.NOT_WAITING)
    step.say(
        region.CaseAnswered, command.actor.id, text=text, outcome=command.outcome, on_time=not case.overdue,
        worked_minutes=worked, synthetic=case.synthetic or command.synthetic,
    )  # fmt: skip
    step.fulfil_directives(command.actor.id, text)


def decline(case: Case, command: region.DeclineCase, step: Transition) -> None:
    """Not to be answered, on a legal ground that is named."""
    ground = _said(command.ground, "the legal ground", "ground")
    step.follow(**answer_clock.NOT_WAITING)
    step.say(
        region.CaseDeclined, command.actor.id, ground=ground, synthetic=case.synthetic or command.synthetic
    )  # fmt: skip
    step.fulfil_directives(command.actor.id, f"declined: {ground}")


def answer_directive(case: Case, command: region.AnswerDirective, step: Transition) -> None:
    """A head's word to the centre. The directive is fulfilled only by the case's own end, so it stays open."""
    if command.directive_id not in case.directives:
        raise Refused(Reason("no_such_directive", f"the case has no open directive {command.directive_id!r}"))
    text = _said(command.text, "the answer", "text")
    step.say(
        region.DirectiveAnswered, command.actor.id, directive_id=command.directive_id, text=text, fulfilled=False
    )  # fmt: skip
