"""Whatever is ordered in whatever order, a case stays within its life and its deadline within the standard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
from common.contracts.case_life import OPEN, following
from common.contracts.events import federal, region, routing
from common.contracts.events.base import Actor, Event
from common.contracts.waiting import WaitEnd, WaitingTerms
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from regional.case import Authority, Case, CaseDecision, RegionContext, body_of, case_of
from regional.domain import Incoming, decide
from regional.passing_time import pass_time

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DESK = Actor(id="ann", role="desk", scope="roads")


class EveryMinuteWorks:
    """A calendar whose every minute is a working minute."""

    def add(self, start: datetime, minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds() // 60)


LAND = RegionContext(
    "north",
    EveryMinuteWorks(),
    {
        "roads": Authority("roads", ("north",), True),
        "parks": Authority("parks", ("*",), False),
        "harbour": Authority("harbour", ("south",), True),
        "forest": Authority("forest", ("south", "west"), True),
    },
)


def assigned(**changes: object) -> routing.CaseAssigned:
    base = {
        "case_id": "c1", "reference": "R", "message_id": "m1", "region": "north", "area": "02", "border_set": "b",
        "authority": "roads", "category": "potholes", "priority": 2, "answer_minutes": 120, "extension_minutes": 60,
        "channel": "web", "citizen": "p1", "text": "a hole", "received_at": START, "release": "national:1",
    }  # fmt: skip
    return routing.CaseAssigned.model_validate(base | changes)


def at(case: Case | None, event: Event, minutes: int, other: Case | None = None) -> CaseDecision:
    return decide(case, Incoming("id", "corr", START + timedelta(minutes=minutes), event), LAND, other=other)


def opened(**changes: object) -> Case:
    case = at(None, assigned(**changes), 0).case
    assert case is not None
    return case


def names(decision: CaseDecision) -> list[str]:
    return [type(said.event).__name__ for said in decision.events]


def after(decision: CaseDecision) -> Case:
    assert decision.case is not None
    return decision.case


ANSWER = region.AnswerCase(actor=DESK, case_id="c1", text="filled")
ASK = region.AskCitizen(actor=DESK, case_id="c1", question="where?")
REACHED = routing.QuestionDeliveryForwarded(case_id="c1", delivered_at=START)
MESSAGE = routing.MessageForwarded(case_id="c1", message_id="m2", citizen="p1", text="there", received_at=START)


def verdict(word: str, rating: int | None = None) -> routing.VerdictForwarded:
    return routing.VerdictForwarded.model_validate(
        {"case_id": "c1", "citizen": "p1", "verdict": word, "rating": rating, "given_at": START}
    )


def transfer(to: str, to_region: str | None = None) -> region.TransferCase:
    return region.TransferCase(actor=DESK, case_id="c1", to_authority=to, to_region=to_region)


COMMANDS: list[Event] = [
    region.AcceptCase(actor=DESK, case_id="c1"), region.StartWork(actor=DESK, case_id="c1"),
    transfer("roads"), transfer("parks"), transfer("harbour"), transfer("nobody"),
    transfer("forest"), transfer("forest", "west"),
    region.RaiseDispute(actor=DESK, case_id="c1", to_authority="parks", reason="theirs"),
    region.RaiseDispute(actor=DESK, case_id="c1", to_authority="forest", to_region="west", reason="theirs"),
    *(
        region.SettleDispute(
            actor=Actor(id="x", role=role, scope="north"), case_id="c1", to_authority=to, reason="it is"
        )
        for role in ("operator", "federal")
        for to in ("roads", "parks", "harbour")
    ),
    region.ExtendCase(actor=DESK, case_id="c1", reason="snow"),
    region.DeferCase(actor=DESK, case_id="c1", reason="frost", until=START + timedelta(days=2)),
    ASK, REACHED, ANSWER, region.DeclineCase(actor=DESK, case_id="c1", ground="art. 11"),
    region.JoinCase(actor=DESK, case_id="c1", into_case="c1"),
    region.JoinCase(actor=DESK, case_id="c1", into_case="c2"),
    routing.JoinForwarded(case_id="c1", into_case="c2", citizen="p1", given_at=START),
    region.AnswerDirective(actor=DESK, case_id="c1", directive_id="d1", text="soon"),
    MESSAGE, MESSAGE.model_copy(update={"least_priority": 5}),
    verdict("confirmed"), verdict("confirmed", 4), verdict("reopened"), verdict("withdrawn"),
    federal.DirectiveIssued(directive_id="d1", case_id="c1", region="north", demand="answer", answer_by=START),
    assigned(),
]  # fmt: skip


class CaseLife(RuleBasedStateMachine):
    @initialize(authority=st.sampled_from(["roads", "parks"]), then=st.sampled_from(["goes_on", "closes"]))
    def open(self, authority: str, then: WaitEnd) -> None:
        self.minute = 0
        terms = WaitingTerms(remind_minutes=60, term_minutes=150, then=then)
        self.case = opened(authority=authority, waiting=terms)
        self.reported: set[tuple[int, datetime]] = set()
        self.replies = 0

    @rule(event=st.sampled_from(COMMANDS), wait=st.integers(0, 90), other=st.sampled_from([None, "in_work", "joined"]))
    def order(self, event: Event, wait: int, other: str | None) -> None:
        self.minute += wait
        target = None
        if other is not None:
            target = case_of("c2", other, "roads", START, body_of(self.case), "")  # type: ignore[arg-type]
        self.tick(0)
        before = self.case
        decision = at(before, event, self.minute, target)
        if names(decision) == ["CommandRefused"]:
            assert decision.case is before
            return
        assert "CommandRefused" not in names(decision)
        self.case = after(decision)
        self.replies += isinstance(event, routing.MessageForwarded)
        assert self.case.state in following(before.state)
        moved_by = {"CaseExtended", "MessageJoined", "WorkStarted", "CaseReopened", "CaseOpened"}
        if not moved_by & set(names(decision)):
            assert self.case.due_at == before.due_at
        if isinstance(event, routing.MessageForwarded | region.StartWork) and before.waiting_since is None:
            assert self.case.due_at == before.due_at
        self.note(decision)

    @rule(wait=st.integers(0, 200))
    def tick(self, wait: int) -> None:
        self.minute += wait
        before = self.case
        decision = pass_time(before, LAND, START + timedelta(minutes=self.minute))
        self.case = after(decision)
        assert self.case.state in following(before.state)
        self.note(decision)

    def note(self, decision: CaseDecision) -> None:
        times = [said.at for said in decision.events]
        assert times == sorted(times)
        for said in decision.events:
            if isinstance(said.event, region.CaseOverdue):
                reopened = after(decision).reopened - ("CaseReopened" in names(decision))
                deadline = (reopened, said.event.due_at)
                assert deadline not in self.reported
                self.reported.add(deadline)

    @invariant()
    def a_row_keeps_all_of_it(self) -> None:
        c = self.case
        assert case_of(c.case_id, c.state, c.authority, c.due_at, body_of(c), c.assignment) == c

    @invariant()
    def the_clock_stands_still_only_while_the_citizen_is_waited_for(self) -> None:
        assert self.case.state == "waiting" or self.case.waiting_since is None
        assert (self.case.state == "waiting") == (self.case.resumes_as is not None)
        assert (self.case.state == "waiting") == (self.case.wait_ends_at is not None)
        assert self.case.waited_minutes <= self.case.term_minutes * (self.replies + 1)
        assert self.case.fires_at is None or self.case.state in OPEN


TestCaseLife = CaseLife.TestCase
TestCaseLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_an_automatic_authority_accepts_in_the_same_decision() -> None:
    assert names(at(None, assigned(), 0)) == ["CaseOpened", "CaseAccepted"]
    assert names(at(None, assigned(authority="parks"), 0)) == ["CaseOpened"]


def test_a_transfer_bills_the_time_to_the_authority_that_held_the_case() -> None:
    decision = at(opened(), transfer("parks"), 45)
    event = decision.events[0].event
    assert isinstance(event, region.CaseTransferred)
    assert (event.from_authority, event.authority, event.held_minutes) == ("roads", "parks", 45)
    assert after(decision).due_at == START + timedelta(minutes=120)


def test_a_transfer_out_of_the_region_hands_the_case_over_with_its_deadline() -> None:
    decision = at(opened(), transfer("harbour"), 10)
    event = decision.events[0].event
    assert isinstance(event, region.CaseTransferred)
    assert event.handed_case is not None
    assert (event.to_region, event.state) == ("south", "handed_over")
    assert event.handed_case.due_at == START + timedelta(minutes=120)


def test_waiting_for_the_citizen_moves_the_deadline_by_the_time_waited() -> None:
    waiting = after(at(after(at(opened(), ASK, 20)), REACHED, 30))
    resumed = after(at(waiting, MESSAGE, 230))
    assert resumed.due_at == START + timedelta(minutes=320)
    answered = at(resumed, ANSWER, 300).events[-1].event
    assert isinstance(answered, region.CaseAnswered)
    assert (answered.on_time, answered.worked_minutes) == (True, 100)


def test_work_that_goes_on_without_the_reply_moves_the_deadline_by_the_time_waited() -> None:
    waiting = after(at(after(at(opened(), ASK, 20)), REACHED, 30))
    decision = at(waiting, region.StartWork(actor=DESK, case_id="c1"), 230)
    said = decision.events[-1].event
    assert isinstance(said, region.WorkStarted)
    assert (said.state, said.due_at) == ("in_work", START + timedelta(minutes=320))
    assert (after(decision).waiting_since, after(decision).waited_minutes) == (None, 200)


def test_the_clock_goes_on_while_the_question_has_not_reached_the_citizen() -> None:
    asked = after(at(opened(), ASK, 30))
    assert asked.fires_at == START + timedelta(minutes=120)
    decision = at(asked, MESSAGE, 100)
    said = decision.events[-1].event
    assert isinstance(said, region.MessageJoined)
    assert (said.due_at, said.state) == (START + timedelta(minutes=120), "accepted")
    assert (after(decision).due_at, after(decision).waited_minutes) == (START + timedelta(minutes=120), 0)


def test_a_question_that_reaches_the_citizen_again_or_after_the_reply_stops_nothing() -> None:
    asked = after(at(opened(), ASK, 20))
    reached = at(asked, REACHED, 30)
    assert (names(reached), after(reached).fires_at) == (["CitizenReached"], None)
    again = at(after(reached), REACHED, 50)
    assert (names(again), after(again).waiting_since) == ([], START + timedelta(minutes=30))
    replied = after(at(after(again), MESSAGE, 60))
    late = at(replied, REACHED, 70)
    assert (names(late), after(late).waiting_since) == ([], None)


def test_a_question_that_reaches_the_citizen_after_the_deadline_excuses_nothing() -> None:
    decision = at(after(at(opened(), ASK, 20)), REACHED, 130)
    assert names(decision) == ["CaseOverdue", "CitizenReached"]
    assert after(at(after(decision), MESSAGE, 300)).due_at == START + timedelta(minutes=120)


def test_work_that_begins_moves_no_deadline() -> None:
    said = at(opened(), region.StartWork(actor=DESK, case_id="c1"), 30).events[-1].event
    assert isinstance(said, region.WorkStarted)
    assert said.due_at is None


def test_a_late_answer_reports_the_missed_deadline_first_at_its_own_time() -> None:
    decision = at(opened(), ANSWER, 150)
    assert names(decision) == ["CaseOverdue", "CaseAnswered"]
    assert decision.events[0].at == START + timedelta(minutes=120)
    answered = decision.events[1].event
    assert isinstance(answered, region.CaseAnswered)
    assert not answered.on_time


def test_an_answer_fulfils_a_directive() -> None:
    order = federal.DirectiveIssued(directive_id="d", case_id="c1", region="north", demand="!", answer_by=START)
    held = after(at(opened(), order, 5))
    decision = at(held, ANSWER, 6)
    assert names(decision) == ["CaseAnswered", "DirectiveAnswered"]
    assert after(decision).directives == ()


def test_a_command_for_an_unknown_case_is_refused_with_the_reason() -> None:
    decision = at(None, ANSWER, 0)
    event = decision.events[0].event
    assert isinstance(event, region.CommandRefused)
    assert decision.case is None
    assert "no such case" in event.reason


def test_where_an_authority_serves_several_other_regions_the_command_says_which_gets_the_case() -> None:
    unsaid = at(opened(), transfer("forest"), 5)
    (refused,) = (said.event for said in unsaid.events)
    assert isinstance(refused, region.CommandRefused)
    assert "south, west: say which region" in refused.reason
    said = at(opened(), transfer("forest", "west"), 5)
    (moved,) = (each.event for each in said.events)
    assert isinstance(moved, region.CaseTransferred)
    assert (moved.to_region, after(said).state) == ("west", "handed_over")


def test_an_authority_takes_no_case_for_a_region_that_it_does_not_serve() -> None:
    assert names(at(opened(), transfer("harbour", "west"), 5)) == ["CommandRefused"]
    assert names(at(opened(), transfer("parks", "north"), 5)) == ["CaseTransferred"]


def test_an_answer_shorter_than_the_rules_ask_for_is_refused_however_many_blanks_it_has() -> None:
    case = opened(least_characters=12)
    said = at(case, region.AnswerCase(actor=DESK, case_id="c1", text="Done.          "), 20)
    assert said.case is case
    (refused,) = (e.event for e in said.events)
    assert isinstance(refused, region.CommandRefused)
    assert (refused.code, refused.details) == ("answer_too_short", {"characters": "5", "least": "12"})
    assert after(at(case, region.AnswerCase(actor=DESK, case_id="c1", text="It is filled"), 30)).state == "answered"


def test_a_case_that_was_kept_before_answers_had_a_least_length_takes_any() -> None:
    kept = orjson.loads(body_of(opened()))
    del kept["least_characters"]
    case = case_of("c1", "accepted", "roads", START, orjson.dumps(kept).decode(), "")
    assert after(at(case, ANSWER, 20)).state == "answered"
