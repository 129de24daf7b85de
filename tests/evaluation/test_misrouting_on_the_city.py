"""The loop mends the demonstration city's wrong rows, and proposes little else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from world.ground_truth import Truth
from world.log import read_log
from world.log_requests import LogRequest, rows_of

from tests.evaluation.__main__ import FEDERATION, LOG, evaluate
from tests.evaluation.city import City, Story
from tests.evaluation.figures import found, unplanted

OCTOBER = datetime(2011, 10, 1, 4, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("evaluation")
"""They share a summer."""


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.load(FEDERATION)


@pytest.fixture(scope="module")
def rows(truth: Truth) -> list[LogRequest]:
    """The summer's cases of the categories that have a wrong row somewhere."""
    categories = {category for category, _ in truth.planted_by_cell}
    log = [r for r in read_log(LOG, truth.log.times_in).rows if r.opened < OCTOBER and truth.category(r) in categories]
    return rows_of(log, truth)


@pytest.fixture(scope="module")
def summer(truth: Truth, rows: list[LogRequest]) -> Story:
    return City(truth, rows, accept=True).run()


def test_at_least_twenty_wrong_cells_are_proposed_by_the_end_of_september(truth: Truth, summer: Story) -> None:
    named = [f for f in found(summer, truth.log.planted) if f.at is not None]
    assert len(named) >= 20
    assert sum(f.own for f in named) >= 12


def test_misroutes_in_the_wrong_cells_fall_once_proposals_are_accepted(truth: Truth, summer: Story) -> None:
    planted = truth.planted_by_cell
    cases = [c for c in summer.opened if c.cell in planted]
    wrong = sum(c.really is not None and c.really != planted[c.cell].wrong for c in cases)
    assert sum(c.misrouted for c in cases) <= 0.3 * wrong


def test_few_proposals_have_no_wrong_row_behind_them(truth: Truth, summer: Story) -> None:
    assert len(unplanted(summer, truth.planted_by_cell)) <= 10


def test_the_same_log_gives_the_same_proposals_with_the_same_ids(truth: Truth, rows: list[LogRequest]) -> None:
    first_days = [r for r in rows if r.opened_at < rows[0].opened_at + timedelta(days=14)]
    one, two = (City(truth, first_days, accept=True).run() for _ in range(2))
    assert [p.command for p in one.proposals] == [p.command for p in two.proposals]
    assert one.proposals


@pytest.mark.slow
def test_half_a_year_with_everything_in_it_reaches_what_was_asked() -> None:
    figures = evaluate()
    assert figures["proposed_by_30_september"] >= 20
    assert figures["misroutes_in_planted_cells"]["fall"] >= 0.7
    assert len(figures["unplanted"]) <= 25
    assert len(figures["flips"]) <= 10
    assert figures["refused"] == []
