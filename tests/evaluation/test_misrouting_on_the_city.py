"""The loop mends the demonstration city's wrong rows, and proposes little else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from laboratory.logged_case import LoggedCase
from laboratory.misrouting import policy
from laboratory.misrouting.run import Run
from world.ground_truth import Truth
from world.log import read_log

from tests.evaluation.__main__ import evaluate
from tests.evaluation.demonstration import FEDERATION, LOG, cases_of, drive
from tests.evaluation.figures import found, unplanted

OCTOBER = datetime(2011, 10, 1, 4, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("evaluation")
"""They share a summer."""


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.load(FEDERATION)


@pytest.fixture(scope="module")
def cases(truth: Truth) -> list[LoggedCase]:
    """The summer's cases of the categories that have a wrong row somewhere."""
    categories = {category for category, _ in truth.planted_by_cell}
    log = [r for r in read_log(LOG, truth.log.times_in).rows if r.opened < OCTOBER and truth.category(r) in categories]
    return cases_of(truth, log)


@pytest.fixture(scope="module")
def summer(truth: Truth, cases: list[LoggedCase]) -> Run:
    return drive(truth, cases, policy.loop)


def test_at_least_twenty_wrong_cells_are_proposed_by_the_end_of_september(truth: Truth, summer: Run) -> None:
    named = [f for f in found(summer, truth.log.planted) if f.at is not None]
    assert len(named) >= 20
    assert sum(f.own for f in named) >= 12


def test_misroutes_in_the_wrong_cells_fall_once_proposals_are_accepted(truth: Truth, summer: Run) -> None:
    planted = truth.planted_by_cell
    ended = [c for c in summer.ended if c.cell in planted]
    wrong = sum(c.really is not None and c.really != planted[c.cell].wrong for c in ended)
    assert sum(c.misrouted for c in ended) <= 0.3 * wrong


def test_few_proposals_have_no_wrong_row_behind_them(truth: Truth, summer: Run) -> None:
    assert len(unplanted(summer, truth.planted_by_cell)) <= 10


def test_the_same_log_gives_the_same_proposals_with_the_same_ids(truth: Truth, cases: list[LoggedCase]) -> None:
    first_days = [c for c in cases if c.opened_at < cases[0].opened_at + timedelta(days=14)]
    one, two = (drive(truth, first_days, policy.loop) for _ in range(2))
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
