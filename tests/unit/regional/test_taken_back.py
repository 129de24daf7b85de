"""A wrong tick is taken back from a case: its deadline is not missed, and its life goes on at the right time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from common.contracts.events import federal, region, routing
from common.contracts.events.base import Actor, Event
from regional.answer_clock import report_overdue, take_back
from regional.case import Authority, Case, CaseDecision, RegionContext, body_of, case_of
from regional.domain import Incoming, decide

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DESK = Actor(id="ann", role="desk")


class EveryMinuteWorks:
    def add(self, start: datetime, minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds() // 60)


LAND = RegionContext("north", EveryMinuteWorks(), {"roads": Authority("roads", ("north",), True)})
WEEK = 7 * 24 * 60


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def after(decision: CaseDecision) -> Case:
    assert decision.case is not None
    return decision.case


def opened() -> Case:
    event = routing.CaseAssigned(
        case_id="c1", reference="R", message_id="m1", region="north", area="02", border_set="b", authority="roads",
        category="potholes", priority=2, answer_minutes=WEEK, extension_minutes=60, channel="web", citizen="p1",
        text="a hole", received_at=START, release="national:1",
    )  # fmt: skip
    return after(decide(None, Incoming("id", "corr", START, event), LAND))


def told(case: Case, event: Event, n: int) -> Case:
    return after(decide(case, Incoming("id", "corr", minute(n), event), LAND))


def overdue() -> Case:
    return after(report_overdue(opened(), LAND, START + timedelta(days=60)))


def back(case: Case, right: int = 10, now: int = 40) -> CaseDecision:
    return take_back(case, LAND, minute(right), minute(now), "the clock was ahead")


def test_a_deadline_that_has_not_come_is_missed_no_more_and_fires_again_at_its_own_time() -> None:
    decision = back(overdue())
    assert after(decision) == replace(opened(), last_at=minute(10))
    (said,) = decision.events
    assert isinstance(said.event, region.CaseOverdueWithdrawn)
    assert (said.event.due_at, said.event.reported_at, said.at) == (minute(WEEK), minute(WEEK), minute(40))
    again = report_overdue(after(decision), LAND, minute(WEEK + 1))
    assert [type(s.event) for s in again.events] == [region.CaseOverdue]
    assert again.events[0].at == minute(WEEK)


def test_a_deadline_that_had_come_stays_missed_and_a_second_correction_changes_nothing() -> None:
    missed = overdue()
    assert back(missed, right=WEEK, now=WEEK + 5).case is missed
    once = after(back(missed))
    assert back(once).case is once


def test_an_answer_given_meanwhile_stands_and_was_in_time() -> None:
    answered = told(overdue(), region.AnswerCase(actor=DESK, case_id="c1", text="done"), 20)
    decision = back(answered)
    assert (after(decision).state, after(decision).overdue, after(decision).fires_at) == ("answered", False, None)
    assert [type(s.event) for s in decision.events] == [region.CaseOverdueWithdrawn]


def test_a_case_opened_again_meanwhile_owes_its_answer_from_now() -> None:
    answered = told(overdue(), region.AnswerCase(actor=DESK, case_id="c1", text="done"), 20)
    again = routing.VerdictForwarded(
        case_id="c1", citizen="p1", verdict="reopened", rating=1, text="no", given_at=START
    )
    reopened = told(answered, again, 30)
    assert reopened.due_at > minute(WEEK + 10)
    decision = back(reopened)
    assert after(decision).due_at == minute(40 + WEEK)
    assert after(decision).clock_started == minute(40)
    (said,) = decision.events
    assert isinstance(said.event, region.CaseOverdueWithdrawn)
    assert said.event.due_at == minute(40 + WEEK)


def test_a_directive_that_is_taken_back_binds_no_more_and_may_come_again() -> None:
    order = federal.DirectiveIssued(directive_id="d", case_id="c1", region="north", demand="!", answer_by=START)
    gone = federal.DirectiveWithdrawn(directive_id="d", case_id="c1", region="north", reason="clock")
    bound = told(opened(), order, 5)
    free = told(bound, gone, 6)
    assert (bound.directives, free.directives) == (("d",), ())
    assert told(free, order, 7).directives == ("d",)


def test_a_case_that_an_older_version_wrote_is_read() -> None:
    case = overdue()
    older = body_of(case).replace(f',"overdue_at":"{minute(WEEK).isoformat()}"', "")
    assert "overdue_at" not in older
    read = case_of(case.case_id, case.state, case.authority, case.due_at, older, case.assignment)
    assert read.overdue_at is None
    assert read.overdue
