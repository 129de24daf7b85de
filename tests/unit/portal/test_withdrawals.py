"""What is taken back counts no more; what happened before it, or after, does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from common.contracts.events import federal, region
from common.contracts.events.base import Event
from portal.case_fold import CaseView
from portal.withdrawals import Told, taken_back, without

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NUMBERS = count(1)


def told(kind: type[Event], at: datetime, **data: Any) -> Told:
    arrival = next(NUMBERS)
    return Told(arrival, "c1", f"e{arrival}", kind.type, at, data)


def test_only_the_report_that_is_named_is_taken_back() -> None:
    first = told(region.CaseOverdue, NOON)
    wrong = told(region.CaseOverdue, NOON + 9 * HOUR)
    withdrawn = told(region.CaseOverdueWithdrawn, NOON + HOUR, reported_at=(NOON + 9 * HOUR).isoformat())
    later = told(region.CaseOverdue, NOON + 9 * HOUR)
    rows = [first, wrong, withdrawn, later]
    gone = taken_back(rows, {withdrawn.id})
    assert gone == {wrong.arrival: NOON + HOUR}
    view = CaseView("c1", "R", "accepted", NOON, overdue=False, level=2)
    assert without(view, rows, gone).overdue
    assert not without(view, [wrong, withdrawn], gone).overdue


def test_the_last_climb_of_a_level_is_taken_back_not_the_one_before_the_case_was_opened_again() -> None:
    before = [told(federal.CaseEscalated, NOON, level=level) for level in (1, 2)]
    wrong = [told(federal.CaseEscalated, NOON + HOUR, level=level) for level in (1, 2, 3)]
    withdrawn = told(federal.CaseEscalationWithdrawn, NOON + HOUR, level=0, withdrawn=[1, 2, 3])
    rows = [*before, *wrong, withdrawn]
    gone = taken_back(rows, {withdrawn.id})
    assert set(gone) == {row.arrival for row in wrong}
    assert without(CaseView("c1", "R", "accepted", NOON, level=3), rows, gone).level == 2


def test_a_directive_and_its_receipt_are_taken_back() -> None:
    issued = told(federal.DirectiveIssued, NOON, directive_id="d")
    got = told(region.DirectiveReceived, NOON, directive_id="d")
    other = told(federal.DirectiveIssued, NOON, directive_id="e")
    withdrawn = told(federal.DirectiveWithdrawn, NOON, directive_id="d")
    assert set(taken_back([issued, got, other, withdrawn], {withdrawn.id})) == {issued.arrival, got.arrival}
