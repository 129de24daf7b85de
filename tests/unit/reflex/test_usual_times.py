"""What one more time says for a slow-down: its rank among those that were usual."""

from __future__ import annotations

import random

import pytest
from reflex.loops.deadline.usual_times import RISES, SlowDown, UsualTimes

DAY_PILES = 6
"""Cases of a day."""


def statistic(times: list[float], usual: UsualTimes) -> float:
    """The highest value over times that come six a day."""
    found, highest = SlowDown(), 0.0
    for n, minutes in enumerate(times):
        highest = max(highest, found.observe(usual.ratios(int(minutes)), (n % DAY_PILES + 1) ** -0.5))
    return highest


def drawn(chance: random.Random, cases: int, times: float = 1.0) -> list[float]:
    return [times * chance.lognormvariate(7, 1.2) for _ in range(cases)]


def usual_of(times: list[float], limit: int = 3_000) -> UsualTimes:
    return UsualTimes.of([(int(t), limit) for t in times], limit)


def test_over_all_ranks_a_case_among_its_like_speaks_for_no_slow_down() -> None:
    usual = usual_of([float(n) for n in range(1, 100)])
    for number in range(len(RISES)):
        mean = sum(usual.ratios(n)[number] for n in range(100)) / 100
        assert 0.9 < mean <= 1.0, "a little caution, since a hundred cases do not tell all"


def test_an_open_case_speaks_for_a_slow_down_by_as_much_as_it_would_on_average_when_it_is_answered() -> None:
    usual = usual_of([float(n) for n in range(1, 100)])
    for number in range(len(RISES)):
        for age in (0, 30, 80):
            mean = sum(usual.ratios(n)[number] for n in range(age + 1, 101)) / (100 - age)
            assert usual.open_ratios(age)[number] == pytest.approx(mean, abs=0.1)
    assert usual.open_ratios(90)[0] > usual.open_ratios(50)[0] > usual.open_ratios(10)[0] > 0.95


def test_times_as_they_were_pass_a_threshold_of_a_thousand_at_most_once_in_a_thousand_cases() -> None:
    print("seed", 3)
    chance, passed = random.Random(3), 0
    for _ in range(40):
        passed += statistic(drawn(chance, 250), usual_of(drawn(chance, 200))) >= 1_000
    assert passed <= 10


@pytest.mark.parametrize("limit", [1_500, 3_000, 30_000])
def test_a_slow_down_shows_whether_the_limit_is_short_or_far_longer_than_what_answers_take(limit: int) -> None:
    print("seed", 4)
    chance = random.Random(4)
    seen = [
        statistic(drawn(chance, 200, 2.0), usual_of(drawn(chance, 200), limit)) >= 1_000 for _ in range(20)
    ]  # fmt: skip
    assert sum(seen) >= 15


def test_times_known_under_a_shorter_limit_are_compared_as_far_as_both_are_known() -> None:
    usual = UsualTimes.of([(100, 480), (481, 480), (900, 2_000), (1_500, 2_000)], 2_000)
    assert usual.minutes == (100, 481, 481, 481)
    assert usual.ratios(700) == usual.ratios(5_000)
    assert usual.mark == 480
    assert usual.longer == 0.75
