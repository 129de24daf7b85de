"""Cases that the loop deadline watches, as they are saved."""

from __future__ import annotations

from reflex.loops.deadline.watched import WatchedCase, WatchedCases

ROW = "row|national|hole|"


def case(name: str, received: str) -> WatchedCase:
    return WatchedCase(name, ROW, "north", "01", "roads", received, 0, 600, "2026-03-01", "2026-04-01")


def test_cases_that_an_older_version_saved_are_numbered_within_their_day_in_order_of_receipt() -> None:
    cases = WatchedCases()
    for one in (case("c3", "2026-02-01T12"), case("c1", "2026-02-01T09"), case("c2", "2026-02-02T09")):
        cases.add(one)
    older = {name: dict(cases.body(name) or {}) for name in ("c1", "c2", "c3")}
    for body in older.values():
        del body["of_day"]
    again = WatchedCases()
    again.load(older)
    assert {one.case_id: one.of_day for one in again.of(ROW)} == {"c1": 1, "c2": 1, "c3": 2}
    bodies = {name: again.body(name) or {} for name in older}
    third = WatchedCases()
    third.load(bodies)
    assert {name: third.body(name) for name in older} == bodies
