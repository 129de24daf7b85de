"""A run is judged by what was planted and by what the log did afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch, RowChange
from laboratory.intervals import interval, median_delay
from laboratory.misrouting.faults.fault import Moved
from laboratory.misrouting.judging import judge
from laboratory.misrouting.run import Ended, Made, Run

START = datetime(2021, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CELL = ("pothole", "1")
FAULT = Moved(CELL, "roads", "lights", START)


def proposal(day: int, current: str, target: str, *, adopted: bool = True) -> Made:
    row = {"category": '"pothole"', "area": '"1"', "authority": f'"{target}"'}
    patch = Patch(
        layer="north", base_number=1, table="jurisdiction", changes=(RowChange(op="add", row_id="r", after=row, at=0),)
    )
    cells = [{"category": "pothole", "area": "1", "current": current, "target": target}]
    command = ProposeChange(
        actor=Actor(id="misrouting", role="loop"), proposal_id=f"p{day}", title="t", words="w", patch=patch,
        values=("effort",), evidence={"cells": cells}, loop="misrouting",
    )  # fmt: skip
    at = START + day * DAY
    return Made(at, command, at if adopted else None)


def run(*made: Made, really: str = "lights", days: int = 60) -> Run:
    """A case a day, given to roads."""
    found = Run(until=START + days * DAY, proposals=list(made))
    found.ended = [
        Ended(str(n), START + n * DAY, CELL, "north", "web", "roads", really, really, joined=False) for n in range(days)
    ]
    return found


def test_a_planted_cell_is_found_by_the_first_proposal_of_the_right_authority() -> None:
    (found,) = judge(run(proposal(5, "roads", "waste"), proposal(9, "roads", "lights")), [FAULT]).found
    assert (found.proposed, found.cases, found.days) == (True, 10, 9)


def test_a_cell_that_is_not_found_is_counted_to_the_end() -> None:
    (found,) = judge(run(), [FAULT]).found
    assert (found.proposed, found.cases, found.days) == (False, 60, 60)


def test_a_cell_of_few_cases_after_its_fault_is_not_asked_for() -> None:
    assert judge(run(days=7), [FAULT]).found == []


def test_a_proposal_where_nothing_is_planted_is_false_unless_the_next_cases_bear_it_out() -> None:
    borne_out = judge(run(proposal(5, "roads", "lights")), [])
    not_borne_out = judge(run(proposal(5, "roads", "lights"), really="roads"), [])
    assert (borne_out.unplanted, borne_out.false) == (1, 0)
    assert (not_borne_out.unplanted, not_borne_out.false) == (1, 1)


def test_a_false_proposal_of_whose_cell_no_later_case_is_either_authoritys_is_told_apart() -> None:
    contradicted = judge(run(proposal(5, "roads", "lights"), really="roads"), [])
    third = judge(run(proposal(5, "roads", "lights"), really="waste"), [])
    last = judge(run(proposal(60, "roads", "lights")), [])
    assert [(j.false, j.unheard) for j in (contradicted, third, last)] == [(1, 0), (1, 1), (1, 1)]


def test_giving_a_cell_back_within_sixty_days_is_a_flip() -> None:
    there_and_back = [proposal(5, "roads", "lights"), proposal(30, "lights", "roads")]
    late = [proposal(5, "roads", "lights"), proposal(66, "lights", "roads")]
    not_adopted = [proposal(5, "roads", "lights"), proposal(30, "lights", "roads", adopted=False)]
    assert [judge(run(*made), []).flips for made in (there_and_back, late, not_adopted)] == [1, 0, 0]


def test_misroutes_are_counted_in_all_and_in_planted_cells_and_by_group() -> None:
    judged = judge(run(), [Moved(CELL, "roads", "lights", START + 20 * DAY)])
    assert (judged.misrouted, judged.planted_cases, judged.planted_misrouted) == (60, 40, 40)
    assert judged.groups[("channel", "web")].misrouted == 60


@pytest.mark.parametrize(
    ("delays", "median"),
    [
        ([(1, True), (2, True), (3, True)], 2),
        ([(1, True), (5, False), (9, False)], None),
        ([(1, False), (2, True), (3, True)], 2),
        ([], None),
    ],
)
def test_the_median_delay_takes_what_was_not_found_for_censored(
    delays: list[tuple[float, bool]], median: float | None
) -> None:
    assert median_delay(delays) == median


def test_an_interval_needs_two_runs_and_holds_the_mean_of_equal_ones() -> None:
    def mean(values: object) -> float:
        return sum(values) / len(values)  # type: ignore[call-overload, arg-type, no-any-return]

    assert interval([1.0], mean) is None
    assert interval([2.0, 2.0, 2.0], mean) == (2.0, 2.0)
    low, high = interval([0.0, 1.0] * 10, mean) or (0.0, 0.0)
    assert 0.2 < low < 0.5 < high < 0.8
