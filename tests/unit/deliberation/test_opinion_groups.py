"""People who answer alike are one group, whoever did not answer what, and what all groups share is found."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from deliberation.opinion_groups import (
    FEWEST_ANSWERS,
    NO_GROUP,
    Labels,
    Votes,
    opinion_groups,
    projected,
    silhouette_of,
)


def answers(people: int, statements: int, groups: int, seed: int, answered: float = 0.4) -> tuple[Votes, Labels]:
    """People who answer some statements as their group does, one in seven otherwise, and the group of each."""
    random = np.random.default_rng(seed)
    profile = random.choice([-1, 1], (groups, statements))
    of = random.integers(0, groups, people)
    votes = profile[of] * np.where(random.random((people, statements)) < 1 / 7, -1, 1)
    votes[random.random((people, statements)) > answered] = 0
    return votes.astype(np.int8), of


def agreement(found: tuple[int, ...], true: Labels) -> float:
    """Share of those in a group who are with most of their own."""
    label = np.array(found)
    kept = label != NO_GROUP
    best = sum(max(np.sum((label == j) & (true == i)) for i in range(true.max() + 1)) for j in range(label.max() + 1))
    return float(best / kept.sum())


@pytest.mark.parametrize("groups", [2, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_that_were_put_in_are_found_though_most_answers_are_missing(groups: int, seed: int) -> None:
    votes, true = answers(400, 40, groups, seed)
    found = opinion_groups(votes)
    assert len(found.sizes) == groups
    assert agreement(found.group_of, true) > 0.95


def test_places_are_those_of_a_singular_value_decomposition() -> None:
    votes, _ = answers(60, 12, 2, seed=4, answered=1.0)
    centred = votes - votes.mean(axis=0)
    _, _, axes = scipy.linalg.svd(centred, full_matrices=False)
    assert np.allclose(np.abs(projected(votes)), np.abs(centred @ axes[:2].T))


def test_a_silhouette_is_that_of_its_definition() -> None:
    random = np.random.default_rng(5)
    points, weight, label = random.normal(size=(30, 2)), random.integers(1, 4, 30), random.integers(0, 3, 30)
    each, of = np.repeat(points, weight, axis=0), np.repeat(label, weight)
    values = []
    for i in range(len(each)):
        apart = np.linalg.norm(each - each[i], axis=1)
        own = apart[of == of[i]].sum() / (np.sum(of == of[i]) - 1)
        other = min(apart[of == g].mean() for g in range(3) if g != of[i])
        values.append((other - own) / max(own, other))
    assert silhouette_of(points, weight.astype(float), label) == pytest.approx(np.mean(values))


def test_the_same_answers_give_the_same_groups_and_the_greatest_comes_first() -> None:
    votes, _ = answers(500, 30, 3, seed=6)
    first, second = opinion_groups(votes), opinion_groups(votes)
    assert first == second
    assert list(first.sizes) == sorted(first.sizes, reverse=True)


def test_a_statement_that_only_the_greater_group_likes_is_no_consensus() -> None:
    many, few = np.tile([1, 1, -1, 1, 1, -1, 1, 1], (90, 1)), np.tile([-1, -1, 1, 1, -1, 1, -1, -1], (10, 1))
    found = opinion_groups(np.vstack([many, few]).astype(np.int8))
    assert found.sizes == (90, 10)
    shared = max(range(8), key=lambda i: found.statements[i].consensus)
    assert shared == 3
    assert found.statements[0].agree == (90, 0)
    assert found.statements[0].consensus < 0.1
    assert set(found.typical[0]) == {0, 1, 4, 6, 7}
    assert set(found.typical[1]) == {2, 5}


def test_who_answered_little_is_placed_but_in_no_group() -> None:
    votes, _ = answers(100, 20, 2, seed=7, answered=1.0)
    votes[0, FEWEST_ANSWERS - 1 :] = 0
    found = opinion_groups(votes)
    assert found.group_of[0] == NO_GROUP
    assert NO_GROUP not in found.group_of[1:]
    assert sum(found.sizes) == 99


@pytest.mark.parametrize(
    "votes",
    [
        np.zeros((0, 5)), np.zeros((5, 0)), np.zeros((20, 5)), np.ones((20, 5)), np.array([[1, -1], [-1, 1], [1, 1]]),
    ],
    ids=["nobody", "nothing to answer", "no answers", "all alike", "too few people"],
)  # fmt: skip
def test_without_differences_there_are_no_groups(votes: Votes) -> None:
    found = opinion_groups(votes.astype(np.int8))
    assert found.sizes == ()
    assert set(found.group_of) <= {NO_GROUP}
    assert len(found.statements) == votes.shape[1]


def test_more_people_than_base_clusters_are_grouped_like_few() -> None:
    votes, true = answers(5_000, 50, 2, seed=8)
    found = opinion_groups(votes)
    assert len(found.sizes) == 2
    assert agreement(found.group_of, true) > 0.95
