"""How often the loop `trial` is right, in a few seeded towns; all of it: `python -m tests.evaluation.trials`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluation.simulated_trial import Chances, Town
from tests.evaluation.trials import MISROUTED, QUIET, outcomes

SEED = 7


def test_a_change_that_does_nothing_is_hardly_ever_adopted_or_rolled_back() -> None:
    quick = replace(QUIET, cases_a_day=10, longest_days=30)
    ends = [o.end for o in outcomes(quick, 20, SEED)]
    assert ends.count("inconclusive") >= 18


def test_a_change_that_makes_cases_late_is_rolled_back() -> None:
    worse = Town(table="priority", cases_a_day=20, candidate=Chances(overdue=0.6))
    ends = {(o.end, o.guard) for o in outcomes(worse, 4, SEED)}
    assert {end for end, _ in ends} == {"rolled_back"}
    assert {guard for _, guard in ends} <= {"overdue", "open_age"}


@pytest.mark.parametrize("steps", [(0.5, 1.0), (0.05, 0.2, 0.5, 1.0)])
def test_a_right_change_of_a_small_cell_is_adopted_after_a_few_cases(steps: tuple[float, ...]) -> None:
    found = list(outcomes(replace(MISROUTED, cases_a_day=1, steps=steps), 20, SEED))
    assert {o.end for o in found} == {"adopted"}
    assert sorted(sum(o.drawn) for o in found)[10] <= 30


def test_five_districts_conclude_nothing_though_the_change_is_better() -> None:
    few = replace(
        QUIET, unit="area", areas=5, table="priority", cases_a_day=10, candidate=Chances(overdue=0.05)
    )  # fmt: skip
    assert {o.end for o in outcomes(few, 3, SEED)} == {"inconclusive"}
