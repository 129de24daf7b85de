"""A case that waits for its citizen: no desk stops a clock for ever, and nobody who was not reached loses a case."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from common.contracts.events import region, routing
from common.contracts.waiting import WaitEnd, WaitingTerms
from regional.case import Case, CaseDecision, body_of, case_of
from regional.passing_time import pass_time

from tests.unit.regional.test_case_life import (
    ANSWER,
    ASK,
    DESK,
    LAND,
    MESSAGE,
    REACHED,
    START,
    after,
    at,
    names,
    opened,
)

TERMS = WaitingTerms(remind_minutes=60, term_minutes=100, then="closes")


def asked(then: WaitEnd = "closes", **changes: object) -> Case:
    return after(at(opened(waiting=TERMS.model_copy(update={"then": then}), **changes), ASK, 20))


def passed(case: Case, minutes: int) -> CaseDecision:
    return pass_time(case, LAND, START + timedelta(minutes=minutes))


def times(decision: CaseDecision) -> list[tuple[str, int]]:
    return [(type(said.event).__name__, int((said.at - START).total_seconds() // 60)) for said in decision.events]


def test_who_does_not_reply_is_reminded_once_and_then_the_case_is_closed_each_at_its_own_time() -> None:
    reached = after(at(asked(), REACHED, 30))
    decision = passed(reached, 500)
    assert times(decision) == [("CaseReminded", 90), ("CaseWaitEnded", 130), ("CaseDeclined", 130)]
    reminded, ended, declined = (said.event for said in decision.events)
    assert isinstance(reminded, region.CaseReminded)
    assert (reminded.question, reminded.state, reminded.then) == (ASK.question, "waiting", "closes")
    assert (reminded.asked_at, reminded.ends_at) == (START + timedelta(minutes=20), START + timedelta(minutes=130))
    assert isinstance(ended, region.CaseWaitEnded)
    assert (ended.then, ended.state, ended.actor) == ("closes", "declined", "clock")
    assert isinstance(declined, region.CaseDeclined)
    assert declined.no_reply
    assert after(decision).next_moment is None


def test_where_the_rules_say_so_work_goes_on_without_the_reply_and_the_deadline_moves_by_the_time_waited() -> None:
    decision = passed(after(at(asked("goes_on"), REACHED, 30)), 130)
    assert times(decision) == [("CaseReminded", 90), ("CaseWaitEnded", 130)]
    ended = decision.events[-1].event
    assert isinstance(ended, region.CaseWaitEnded)
    assert (ended.then, ended.state, ended.due_at) == ("goes_on", "accepted", START + timedelta(minutes=220))
    assert passed(after(decision), 219).events == ()
    assert names(passed(after(decision), 220)) == ["CaseOverdue"]


@pytest.mark.parametrize("ticks", [(500,), (60, 95, 131, 500), tuple(range(21, 501))])
def test_how_often_the_clock_ticks_changes_nothing(ticks: tuple[int, ...]) -> None:
    case, said = after(at(asked("goes_on"), REACHED, 30)), []
    for tick in ticks:
        decision = passed(case, tick)
        case = after(decision)
        said += times(decision)
    assert said == [("CaseReminded", 90), ("CaseWaitEnded", 130), ("CaseOverdue", 220)]


def test_nobodys_case_is_closed_for_want_of_a_reply_to_a_question_that_did_not_reach_them() -> None:
    decision = passed(asked(answer_minutes=300), 250)
    assert times(decision) == [("CaseReminded", 80), ("CaseWaitEnded", 120)]
    assert after(decision).state == "accepted"
    assert after(decision).due_at == START + timedelta(minutes=300)


def test_a_reminder_that_reaches_whom_the_question_did_not_stops_the_clock_and_the_term_counts_from_then() -> None:
    reminded = after(passed(asked(), 85))
    reached = at(reminded, REACHED, 90)
    assert names(reached) == ["CitizenReached"]
    assert times(passed(after(reached), 500)) == [("CaseWaitEnded", 190), ("CaseDeclined", 190)]


def test_a_desk_that_asks_again_and_again_stops_the_clock_no_longer_than_one_term() -> None:
    case, minute = asked("goes_on"), 30
    for _ in range(10):
        case = after(at(case, REACHED, minute))
        case = after(at(case, region.StartWork(actor=DESK, case_id="c1"), minute + 40))
        case = after(at(case, ASK, minute + 41))
        minute += 42
    assert case.waited_minutes == TERMS.term_minutes
    assert after(at(case, REACHED, minute)).waiting_since is None


def test_a_citizen_who_replies_may_be_waited_for_anew() -> None:
    once = after(passed(after(at(asked("goes_on"), REACHED, 30)), 140))
    again = after(at(once, ASK, 141))
    assert names(at(again, REACHED, 142)) == []
    replied = after(at(again, MESSAGE, 143))
    assert names(at(after(at(replied, ASK, 144)), REACHED, 145)) == ["CitizenReached"]
    unasked = after(at(once, MESSAGE, 141))
    assert names(at(after(at(unasked, ASK, 142)), REACHED, 143)) == ["CitizenReached"]


def test_word_of_an_earlier_question_says_nothing_about_the_present_one() -> None:
    first = asked()
    second = after(at(after(at(first, MESSAGE, 25)), ASK, 26))
    for asked_at, said in ((first.asked_at, []), (second.asked_at, ["CitizenReached"])):
        word = routing.QuestionDeliveryForwarded(case_id="c1", delivered_at=START, asked_at=asked_at)
        assert names(at(second, word, 30)) == said


def test_what_is_said_after_the_term_finds_the_case_as_the_term_left_it_though_no_tick_came() -> None:
    reached = after(at(asked("goes_on"), REACHED, 30))
    assert names(at(reached, ANSWER, 200)) == ["CaseReminded", "CaseWaitEnded", "CaseAnswered"]
    closed = after(at(asked(), REACHED, 30))
    refused = at(closed, ANSWER, 200)
    assert names(refused) == ["CommandRefused"]
    assert refused.case is closed


def test_where_the_rules_say_nothing_the_wait_ends_too_and_work_goes_on() -> None:
    case = after(at(after(at(opened(), ASK, 20)), REACHED, 30))
    decision = passed(case, 100_000)
    assert names(decision) == ["CaseWaitEnded", "CaseOverdue"]


def test_a_case_that_an_older_version_put_into_waiting_gets_a_term() -> None:
    case = after(at(asked("goes_on"), REACHED, 30))
    kept = orjson.loads(body_of(case))
    for name in ("remind_minutes", "term_minutes", "then", "question", "asked_at", "remind_at", "wait_ends_at"):
        del kept[name]
    older = case_of("c1", case.state, case.authority, case.due_at, orjson.dumps(kept).decode(), "")
    assert older.next_moment is not None
    assert names(passed(older, 100_000)) == ["CaseWaitEnded", "CaseOverdue"]
    assert names(passed(older, 1_000)) == []
