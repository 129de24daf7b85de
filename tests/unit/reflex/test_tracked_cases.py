"""Cases that are followed until all that is asked of them was counted: their order, and how they are saved."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
from reflex.case_outcomes.measures import Age
from reflex.case_outcomes.tracked_case import TrackedCase, TrackedCases

ROWS = ("jurisdiction|national|r1", "deadline|national|r2")
CASE = TrackedCase(
    "c1", "north", "01", "hole", "web", "roads", "parks", 1000.0, 2000.5, ROWS, (7, 9), at_deadline=88_400.5,
    at_closed=91_000.0, transfers=1, worked=True, ended=1500.0, done=True, answered=True, poor=False,
)  # fmt: skip


def values(case: TrackedCase) -> dict[str, Any]:
    found = {one.name: getattr(case, one.name) for one in fields(case)}
    return {**found, "square": None if case.square is None else tuple(case.square)}


def loaded(body: dict[str, Any]) -> TrackedCase:
    return TrackedCase.of(orjson.loads(orjson.dumps(body)))


def test_a_case_is_the_same_after_it_was_saved_and_loaded() -> None:
    assert values(loaded(CASE.body())) == values(CASE)


@pytest.mark.parametrize("due", [{"deadline": 88_400.5, "closed": 91_000.0}, {"closed": 7.0, "twice": 5.0}, {}])
def test_a_case_that_an_earlier_version_saved_with_what_is_due_by_age_is_loaded(due: dict[Age, float]) -> None:
    fields_of_now = CASE.body()["case"]
    older = {"case": [*fields_of_now[:11], due, *fields_of_now[14:]]}
    expected = replace(
        CASE, at_deadline=due.get("deadline", 0.0), at_twice=due.get("twice", 0.0), at_closed=due.get("closed", 0.0)
    )
    assert values(loaded(older)) == values(expected)


def test_cases_count_in_order_of_time_and_are_forgotten_when_nothing_is_left_to_count() -> None:
    cases, said = TrackedCases(), list[tuple[str, Age, float]]()
    cases.add(replace(CASE, at_deadline=10.0, at_twice=30.0, at_closed=0.0))
    cases.add(replace(CASE, case_id="c2", at_deadline=20.0, at_twice=10.0, at_closed=0.0))
    moved = cases.get("north|c2")
    assert moved is not None
    cases.plan(moved, "deadline", 40.0)
    cases.plan(moved, "closed", 15.0)
    said += [(case.case_id, age, at) for case, age, at in cases.due(30.0)]
    assert said == [("c1", "deadline", 10.0), ("c2", "twice", 10.0), ("c2", "closed", 15.0)]
    again = TrackedCases()
    again.load({case.key: orjson.loads(orjson.dumps(case.body())) for case in cases.all()})
    for one in (cases, again):
        assert [(case.case_id, age, at) for case, age, at in one.due(99.0)] == [
            ("c1", "twice", 30.0), ("c2", "deadline", 40.0),
        ]  # fmt: skip
        assert list(one.all()) == []


def test_rows_that_many_cases_share_are_kept_once() -> None:
    one, other = (loaded(replace(CASE, case_id=name).body()) for name in ("c1", "c2"))
    assert one.rows is other.rows
