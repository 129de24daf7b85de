"""The statistics: what they promise, checked against other people's implementations and by chance itself."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex.detector import Detector, beats, since_change

ENDS = st.lists(st.sampled_from(["here", "there"]), max_size=40)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_winner_test_is_the_tail_of_a_beta(wins: int, losses: int) -> None:
    # Imported here: it takes a second, which every process that collects these tests would pay.
    from scipy.stats import beta

    assert beats(wins, losses) == pytest.approx(beta.sf(0.5, wins + 1, losses + 1))


@given(st.lists(st.booleans(), max_size=60), st.floats(0.03, 0.6))
def test_a_hit_never_lowers_the_statistic_as_much_as_a_miss(hits: list[bool], background: float) -> None:
    after_hit, after_miss = Detector(), Detector()
    for hit in hits:
        after_hit.observe(hit, background)
        after_miss.observe(hit, background)
    assert after_hit.observe(True, background) > after_miss.observe(False, background) >= 0


@pytest.mark.parametrize(("background", "threshold"), [(0.05, 200), (0.12, 200), (0.3, 200)])
def test_at_the_background_the_mean_run_to_an_alarm_is_at_least_the_threshold(
    background: float, threshold: float
) -> None:
    seed = 11
    print("seed", seed)
    chance = random.Random(seed)
    runs = []
    for _ in range(60):
        detector, length = Detector(), 0
        while detector.value < threshold:
            detector.observe(chance.random() < background, background)
            length += 1
        runs.append(length)
    assert sum(runs) / len(runs) >= threshold


def test_an_old_good_record_does_not_delay_the_alarm() -> None:
    fresh, old = Detector(), Detector()
    for _ in range(5000):
        old.observe(False, 0.1)
    for detector in (fresh, old):
        for _ in range(6):
            detector.observe(True, 0.1)
    assert old.value >= fresh.value * 0.9


def test_the_cases_since_the_change_are_those_from_where_they_began_to_leave() -> None:
    assert since_change(["here"] * 20 + ["there"] * 7, "here") == 7
    assert since_change(["here"] * 20 + ["there"] * 4 + ["here"] + ["there"] * 4, "here") == 9


@given(ENDS)
def test_what_belongs_to_the_change_is_part_of_what_was_seen(ends: list[str]) -> None:
    assert 0 <= since_change(ends, "here") <= len(ends)
