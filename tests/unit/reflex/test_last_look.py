"""The chance of as many bad cases in the candidate's arm, beside SciPy's exact test and counting by hand."""

from __future__ import annotations

import math
from itertools import product

import pytest
from reflex.loops.trial.last_look import chance_of_as_many
from scipy.stats import fisher_exact


@pytest.mark.parametrize(
    "sums", [(205, 85, 173, 76), (118, 1, 78, 12), (10, 0, 1, 1), (7, 7, 5, 5), (4_000, 900, 3_900, 990)]
)
def test_of_cases_with_one_probability_it_is_fishers(sums: tuple[int, int, int, int]) -> None:
    n0, k0, n1, k1 = sums
    expected = fisher_exact([[k1, n1 - k1], [k0, n0 - k0]], alternative="greater").pvalue
    assert chance_of_as_many([sums]) == pytest.approx(expected, rel=1e-6)


def test_of_several_probabilities_all_exchanges_of_arms_within_each_are_counted() -> None:
    strata = ((3, 1, 2, 1), (2, 0, 3, 2))
    ways: dict[int, int] = {}
    for first, second in product(range(3), range(3)):
        ways[first + second] = ways.get(first + second, 0) + _ways(strata[0], first) * _ways(strata[1], second)
    as_many = sum(number for bad, number in ways.items() if bad >= 3)
    assert chance_of_as_many(strata) == pytest.approx(as_many / sum(ways.values()))


def test_a_share_under_which_nobody_was_bad_says_nothing() -> None:
    assert chance_of_as_many([(50, 0, 50, 0)]) == 1.0
    assert chance_of_as_many([(50, 0, 50, 0), (20, 2, 20, 9)]) == pytest.approx(chance_of_as_many([(20, 2, 20, 9)]))


def _ways(sums: tuple[int, int, int, int], bad_of_candidate: int) -> int:
    cases, bad, more_cases, more_bad = sums
    all_bad = bad + more_bad
    if bad_of_candidate > min(all_bad, more_cases) or more_cases - bad_of_candidate > cases + more_cases - all_bad:
        return 0
    good = cases + more_cases - all_bad
    return math.comb(all_bad, bad_of_candidate) * math.comb(good, more_cases - bad_of_candidate)
