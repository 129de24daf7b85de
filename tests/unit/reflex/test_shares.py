"""Intervals of shares, and what places differ in beyond chance."""

from __future__ import annotations

from random import Random

import pytest
from reflex.shares import (
    Difference,
    Mixture,
    chance_of_difference,
    mixture_of,
    share_interval,
    shrunk,
    shrunk_by,
    variance_between,
)


def test_the_interval_of_a_share_is_wilsons_and_wider_where_cases_hang_together() -> None:
    assert share_interval(0, 0) == (0.0, 1.0)
    low, high = share_interval(10, 100)
    assert low == pytest.approx(0.0552, abs=1e-4)
    assert high == pytest.approx(0.1744, abs=1e-4)
    wide = share_interval(10, 100, dispersion=4)
    assert wide[0] < low
    assert wide[1] > high


def test_differences_no_greater_than_chance_have_no_variance_between_them() -> None:
    assert variance_between([Difference(0.1, 0.01), Difference(-0.1, 0.01)]) == pytest.approx(0.01)
    assert variance_between([Difference(0.01, 0.01), Difference(0.0, 0.01)]) == 0
    assert variance_between([Difference(0.1, 0.01)]) == 0
    assert shrunk(Difference(0.1, 0.01), 0.01) == Difference(0.05, 0.005)
    assert shrunk(Difference(0.1, 0.01), 0) == Difference(0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_few_that_differ_much_are_kept_and_many_that_do_not_are_taken_for_nought(seed: int) -> None:
    random, error = Random(seed), 0.03
    few = [Difference(0.2 + random.gauss(0, error), error**2) for _ in range(4)]
    many = [Difference(random.gauss(0, error), error**2) for _ in range(60)]
    prior = mixture_of([*few, *many])
    print("seed", seed, prior)
    assert prior.differing < 0.2
    assert prior.between**0.5 > 0.1
    assert all(shrunk_by(one, prior).points > 0.85 * one.points for one in few)
    assert sum(abs(shrunk_by(one, prior).points) for one in many) < 0.25 * sum(abs(one.points) for one in many)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_thought_of_those_picked_as_best_comes_true_on_average(seed: int) -> None:
    random, error = Random(seed), 0.05
    true = [random.gauss(0, 0.1) if random.random() < 0.3 else 0.0 for _ in range(400)]
    seen = [Difference(one + random.gauss(0, error), error**2) for one in true]
    prior = mixture_of(seen)
    thought = [shrunk_by(one, prior) for one in seen]
    best = sorted(range(400), key=lambda n: -thought[n].points)[:40]
    ratio = sum(true[n] for n in best) / sum(thought[n].points for n in best)
    print("seed", seed, prior, "came true", ratio)
    assert 0.85 <= ratio <= 1.2
    assert sum(true[n] for n in best) < 0.9 * sum(seen[n].points for n in best), "as it looked it was not"


def test_nothing_known_is_nothing_promised() -> None:
    assert mixture_of([]) == Mixture(0, 0)
    assert shrunk_by(Difference(0.5, 0.01), Mixture(0.1, 0)).points == 0
    assert chance_of_difference(Difference(50.0, 0.0001), Mixture(0.1, 0.04)) == pytest.approx(1)
