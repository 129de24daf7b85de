"""The estimated time to answer, against another implementation and where not all is seen."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import pytest
from reflex.loops.deadline.standing_answers import standing_answers
from reflex.loops.deadline.survival import Seen, curve_of
from reflex.loops.deadline.watched import WatchedCase

from tests.unit.reflex.limits import DAY, START


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_is_that_of_kaplan_and_meier(seed: int) -> None:
    # Imported here: it takes a second, which every process that collects these tests would pay.
    from scipy.stats import CensoredData, ecdf

    print("seed", seed)
    chance = random.Random(seed)
    seen = [Seen(chance.randint(0, 60), chance.random() < 0.7) for _ in range(200)]
    found = ecdf(CensoredData([s.age for s in seen if s.answered], right=[s.age for s in seen if not s.answered])).cdf
    curve = curve_of(seen)
    for age in range(60):
        assert curve.share(age) == pytest.approx(found.evaluate(age))


def test_without_open_cases_a_share_is_known_as_well_as_any_share_of_so_many() -> None:
    curve = curve_of([Seen(n, True) for n in range(100)])
    assert curve.spread(0.8) == pytest.approx(0.04)


def test_a_share_of_which_few_cases_are_old_enough_is_known_less_well() -> None:
    """Of a hundred cases ten are older than 20 minutes."""
    young = [Seen(10, True)] * 45 + [Seen(20, False)] * 45
    curve = curve_of([*young, *[Seen(30 + n, True) for n in range(10)]])
    assert curve.spread(0.8) > 0.06


def test_what_is_not_reached_is_infinite() -> None:
    curve = curve_of([Seen(10, True), Seen(20, False), Seen(20, False)])
    assert curve.quantile(0.3) == 10
    assert math.isinf(curve.quantile(0.5))


def test_two_parts_of_a_case_weigh_as_one() -> None:
    whole = curve_of([Seen(1, True), Seen(3, True), Seen(5, True)])
    parts = curve_of([Seen(1, True, 0.5), Seen(1, True, 0.5), Seen(3, True), Seen(5, True)])
    assert [parts.share(age) for age in range(6)] == pytest.approx([whole.share(age) for age in range(6)])


def test_a_fast_answer_stands_less_surely_where_fast_ones_were_reopened() -> None:
    now = START + 40 * DAY

    def case(n: int, first: int, days_ago: int, reopened_after: int | None) -> WatchedCase:
        answered = now - timedelta(days=days_ago)
        return WatchedCase(
            f"c{n}", "t", "north", "01", "yard", "", 0, 1_000, "", "", spent=None if reopened_after else first,
            first=first, answered=answered.isoformat(),
            reopened=(answered + timedelta(days=reopened_after)).isoformat() if reopened_after else "",
        )  # fmt: skip

    cases = [case(n, 10, 35, 10 if n < 5 else None) for n in range(10)]
    cases += [case(n, 900, 35, None) for n in range(10, 20)]
    stands = standing_answers(cases, 30, now)
    assert stands.chance(case(50, 10, 1, None)) == pytest.approx(0.5)
    assert stands.chance(case(51, 10, 11, None)) == 1
    assert stands.chance(case(52, 900, 1, None)) == 1
