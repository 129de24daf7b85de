"""A case whose priority an emergency raised: in lists, in its history and among the reasons."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.events import region
from portal.case_fold import CaseView, fold_case
from portal.pages.cases import because_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RAISED = region.PriorityRaised(
    case_id="c1", region="north", authority="roads", actor="routing", state="accepted", priority=5, from_priority=2,
    message_id="m2",
)  # fmt: skip


def test_the_list_has_the_case_with_its_new_priority() -> None:
    view = fold_case(CaseView("c1", "R", "accepted", NOON, region="north", priority=2), RAISED, NOON)
    assert view is not None
    assert (view.priority, view.state) == (5, "accepted")


def test_the_rows_that_raised_it_stand_behind_those_that_placed_it() -> None:
    def event(kind: str, *rows: str) -> dict[str, object]:
        return {"type": kind, "data": {"because": [{"row_id": row} for row in rows]}}

    opened, raised = region.CaseOpened.type, region.PriorityRaised.type
    history = [event(opened, "a", "b"), event(raised, "c"), event(region.MessageJoined.type), event(raised, "d")]
    assert [row["row_id"] for row in because_of(history)] == ["a", "b", "c", "d"]
    assert [row["row_id"] for row in because_of(history[:1])] == ["a", "b"]
