"""A case that was handed over and comes back keeps its deadline and what was reported of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.contracts.events import region, routing
from common.contracts.events.base import Actor
from regional.answer_clock import report_overdue, take_back
from regional.case import Authority, Case, CaseDecision, RegionContext
from regional.domain import Incoming, decide

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class EveryMinuteWorks:
    def add(self, start: datetime, minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds() // 60)


LAND = RegionContext("north", EveryMinuteWorks(), {"harbour": Authority("harbour", ("south",), True)})

ASSIGNED = routing.CaseAssigned(
    case_id="c1", reference="R", message_id="m1", region="north", area="02", border_set="b", authority="roads",
    category="potholes", priority=2, answer_minutes=120, extension_minutes=60, channel="web", citizen="p1",
    text="a hole", received_at=START, release="national:1",
)  # fmt: skip
AWAY = region.TransferCase(actor=Actor(id="ann", role="desk"), case_id="c1", to_authority="harbour")


def at(case: Case | None, event: routing.CaseAssigned | region.TransferCase, minutes: int) -> CaseDecision:
    return decide(case, Incoming("id", "corr", START + timedelta(minutes=minutes), event), LAND)


def test_a_missed_deadline_is_not_reported_again_when_the_case_comes_back() -> None:
    away = at(at(None, ASSIGNED, 0).case, AWAY, 130)
    assert [type(s.event).__name__ for s in away.events] == ["CaseOverdue", "CaseTransferred"]
    back = at(away.case, ASSIGNED, 200).case
    assert back is not None
    assert back.due_at == START + timedelta(minutes=120)
    assert report_overdue(back, LAND, START + timedelta(days=9)).events == ()


def test_a_wrongly_missed_deadline_is_taken_back_by_name_also_after_the_case_came_back() -> None:
    away = at(at(None, ASSIGNED, 0).case, AWAY, 130)
    back = at(away.case, ASSIGNED, 200).case
    assert back is not None
    decision = take_back(
        back, LAND, START + timedelta(minutes=60), START + timedelta(minutes=210), "the clock was ahead"
    )
    withdrawn = decision.events[0].event
    assert isinstance(withdrawn, region.CaseOverdueWithdrawn)
    assert withdrawn.reported_at == away.events[0].at
