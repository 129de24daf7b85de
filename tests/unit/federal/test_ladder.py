"""The clock of the ladder runs from the due date; every level fires once, at its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events import federal, region, routing
from common.contracts.events.base import Event
from federal.domain import Heard, apply, escalate
from federal.model import Directive, FederalContext, FederalDecision, Rung, Watched

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = START + timedelta(minutes=100)


class EveryMinuteWorks:
    def add(self, start: datetime, minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds() // 60)


LEVELS = 3


def rung(case: Watched, level: int, now: datetime) -> Rung | None:
    if level == 0:
        return Rung(480, "triage", False, 480)
    return Rung(level * 60, "federal", level == 2, 480) if level <= LEVELS else None


CENTRE = FederalContext(lambda where: EveryMinuteWorks(), rung)


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def opened(where: str = "north") -> region.CaseOpened:
    return region.CaseOpened(
        case_id="c1", region=where, authority="roads", actor="routing", state="assigned", reference="R",
        message_id="m", area="02", category="potholes", priority=2, channel="web", citizen="p", text="a hole",
        received_at=START, due_at=DUE, release="national:1",
    )  # fmt: skip


def common(where: str = "north") -> dict[str, str]:
    return {"case_id": "c1", "region": where, "authority": "roads", "actor": "ann"}


def told(case: Watched | None, event: Event, n: int, *directives: Directive) -> FederalDecision:
    return apply(case, Heard(event, minute(n), "national:1", "corr"), directives, CENTRE)


def after(decision: FederalDecision) -> Watched:
    assert decision.case is not None
    return decision.case


def levels(decision: FederalDecision) -> list[tuple[int, datetime]]:
    return [(s.event.level, s.at) for s in decision.events if isinstance(s.event, federal.CaseEscalated)]


def test_all_levels_in_one_tick_fire_in_order_each_with_its_own_time() -> None:
    decision = escalate(after(told(None, opened(), 0)), minute(10_000), CENTRE)
    assert levels(decision) == [(1, minute(160)), (2, minute(220)), (3, minute(280))]
    assert after(decision).next_at is None
    assert [d.answer_by for d in decision.directives] == [minute(220 + 480)]


def test_no_edit_moves_the_next_level() -> None:
    case = after(told(None, opened(), 0))
    joined = region.MessageJoined(**common(), state="accepted", message_id="m2", text="still there")
    moved = region.CaseTransferred(**common(), state="assigned", from_authority="parks")
    for n, event in ((50, joined), (90, moved), (110, joined)):
        case = after(told(case, event, n))
    assert case.next_at == minute(160)


def test_an_answer_ends_the_climb_but_levels_reached_before_it_stand() -> None:
    answer = region.CaseAnswered(**common(), state="answered", text="done", on_time=False, worked_minutes=1)
    decision = told(after(told(None, opened(), 0)), answer, 170)
    assert levels(decision) == [(1, minute(160))]
    assert after(decision).next_at is None


def test_a_case_that_nobody_holds_climbs_and_gets_no_directive() -> None:
    request = routing.TriageRequested(
        case_id="c1", reference="R", message_id="m", channel="web", citizen="p", text="?", received_at=START,
        reason="no_place", missing=("area",),
    )  # fmt: skip
    decision = escalate(after(told(None, request, 0)), minute(480 + 180), CENTRE)
    assert len(levels(decision)) == 3
    assert decision.directives == ()


def test_an_emergency_that_nobody_holds_is_due_by_the_row_of_its_own_priority() -> None:
    def soon(case: Watched, level: int, now: datetime) -> Rung | None:
        return Rung(30, "triage", False, 480) if level == 0 and case.priority == 5 else rung(case, level, now)

    request = routing.TriageRequested(
        case_id="c1", reference="R", message_id="m", channel="web", citizen="p", text="?", received_at=START,
        reason="no_place", missing=("area",), matter="emergency", priority=5,
    )  # fmt: skip
    centre = FederalContext(lambda where: EveryMinuteWorks(), soon)
    case = after(apply(None, Heard(request, minute(0), "national:1", "corr"), (), centre))
    assert (case.due_at, case.next_at) == (minute(30), minute(90))


def test_a_late_word_of_a_former_holder_is_ignored() -> None:
    case = after(told(after(told(None, opened(), 0)), opened("south"), 50))
    leaving = region.CaseTransferred(**common(), state="handed_over", from_authority="parks", to_region="south")
    assert after(told(case, leaving, 49)).region == "south"


def test_a_fulfilled_directive_is_closed_once() -> None:
    climbed = escalate(after(told(None, opened(), 0)), minute(230), CENTRE)
    (order,) = climbed.directives
    word = region.DirectiveAnswered(
        **common(), state="answered", directive_id=order.directive_id, text="done", fulfilled=True
    )  # fmt: skip
    decision = told(after(climbed), word, 240, order)
    (closed,) = [s.event for s in decision.events if isinstance(s.event, federal.DirectiveClosed)]
    assert closed.on_time
    assert decision.directives[0].closed_at == minute(240)


def test_whether_the_region_or_the_tick_is_heard_first_changes_neither_a_level_nor_its_time() -> None:
    """A case that was opened after its due date: the region reports it at the very tick that moves the ladder."""
    case = after(apply(None, Heard(opened(), minute(150), "national:1", "corr"), (), CENTRE))
    overdue = region.CaseOverdue(**common(), state="assigned", due_at=DUE)
    heard = told(case, overdue, 170)
    assert heard.events == ()
    first = escalate(after(heard), minute(400), CENTRE)
    second = escalate(case, minute(400), CENTRE)
    assert levels(first) == levels(second)
    assert after(first) == after(told(after(second), overdue, 170))


def test_the_ladder_stands_only_from_when_the_citizen_was_reached_until_work_goes_on() -> None:
    asked = after(
        told(after(told(None, opened(), 0)), region.CitizenAsked(**common(), state="waiting", question="?"), 10)
    )
    assert levels(escalate(asked, minute(160), CENTRE)) == [(1, minute(160))]
    reached = after(told(asked, region.CitizenReached(**common(), state="waiting"), 20))
    assert levels(escalate(reached, minute(10_000), CENTRE)) == []
    goes_on = region.WorkStarted(**common(), state="in_work", due_at=minute(180))
    assert levels(escalate(after(told(reached, goes_on, 100)), minute(240), CENTRE)) == [(1, minute(240))]


def test_a_priority_that_is_raised_moves_the_ladder_from_then_on() -> None:
    def by_priority(case: Watched, level: int, now: datetime) -> Rung | None:
        return Rung(level * (60 if case.priority < 5 else 10), "federal", False)

    centre = FederalContext(lambda where: EveryMinuteWorks(), by_priority)
    case = after(apply(None, Heard(opened(), minute(0), "national:1", "corr"), (), centre))
    assert case.next_at == minute(160)
    raised = region.PriorityRaisedSummary(
        **common(), state="accepted", priority=5, from_priority=2, message_id="m2"
    )  # fmt: skip
    case = after(apply(case, Heard(raised, minute(50), "national:1", "corr"), (), centre))
    assert (case.priority, case.next_at) == (5, minute(110))
