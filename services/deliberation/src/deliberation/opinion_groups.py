"""Groups of people who answer alike, and what all of them agree on, as Polis finds them.

Statements are answered with 1 (agree), -1 (disagree) or 0 (no answer). After Small, Bjorkegren, Erkkila, Shaw and
Megill, "Polis: Scaling deliberation by mapping high dimensional opinion spaces" (2021), and its reference
implementation: people are placed in a plane by principal components of their answers, gathered to base clusters so
that a hundred thousand of them cost no more than a hundred, and those are divided by k-means into the number of groups
that the silhouette prefers. The same answers in the same order give the same groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Votes: TypeAlias = NDArray[np.int8]
"""People by statements."""
Numbers: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.intp]

FEWEST_ANSWERS = 7
"""Who answered fewer statements, and not all of them, is placed but in no group."""
FEWEST_PEOPLE = 4
"""Fewer are no groups."""
BASE_CLUSTERS = 100
MOST_GROUPS = 5
RESTARTS = 10
STEPS, BASE_STEPS = 100, 10
"""Of k-means at most; base clusters need not be the best ones."""
NO_GROUP = -1
BEYOND_CHANCE = 1.2816
"""Standard errors: one in ten by chance alone."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the groups say about one statement."""

    agree: tuple[int, ...]
    """People of each group who agree."""
    disagree: tuple[int, ...]
    consensus: float
    """Group-aware: the product over the groups of the probability that one of the group agrees."""
    dissent: float
    """The same of disagreeing."""


@dataclass(frozen=True, slots=True)
class OpinionGroups:
    """Group 0 is the greatest."""

    group_of: tuple[int, ...]
    """Of each person; NO_GROUP where too little is known of one."""
    places: tuple[tuple[float, float], ...]
    """Of each person, in the plane of the two components that differ most."""
    sizes: tuple[int, ...]
    """Empty where there are no groups."""
    silhouette: float
    """How far apart the groups are, from -1 to 1."""
    statements: tuple[Statement, ...]
    typical: tuple[tuple[int, ...], ...]
    """Of each group: the statements that it agrees with and the others do less, most typical first."""


def opinion_groups(votes: Votes, beside: int = 0) -> OpinionGroups:
    """Groups of those who answered enough; none where these are too few or all alike.

    The first statements, so many, are counted and place nobody: what is asked of the groups must not make them.
    """
    people, statements = votes.shape
    places = projected(votes[:, beside:])
    answered = np.count_nonzero(votes, axis=1)
    counted = np.flatnonzero(answered >= max(1, min(FEWEST_ANSWERS, statements)))
    of = np.full(people, NO_GROUP, dtype=np.intp)
    silhouette = 0.0
    if len(counted) >= FEWEST_PEOPLE:
        found = divided(places[counted])
        if found is not None:
            of[counted], silhouette = found
    sizes = np.bincount(of[of >= 0])
    agree, disagree = _counts(votes, of, len(sizes))
    return OpinionGroups(
        group_of=tuple(of.tolist()),
        places=tuple((x, y) for x, y in places.tolist()),
        sizes=tuple(sizes.tolist()),
        silhouette=silhouette,
        statements=_statements(agree, disagree),
        typical=tuple(_typical(agree, disagree, group) for group in range(len(sizes))),
    )


def projected(votes: Votes) -> Numbers:
    """Each person's place. A missing answer counts as the statement's mean; who answered little is moved outwards by
    the root of all statements over the answered ones, since the missing ones draw to the middle."""
    people, statements = votes.shape
    if not people or not statements:
        return np.zeros((people, 2))
    answered = votes != 0
    mean = votes.sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    centred = np.where(answered, votes - mean, 0.0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = np.zeros((statements, 2))
    first = vectors[:, ::-1][:, :2]
    axes[:, : first.shape[1]] = first
    # An eigenvector's sign is arbitrary: its greatest part is made positive.
    axes *= np.where(axes[np.argmax(np.abs(axes), axis=0), [0, 1]] < 0, -1.0, 1.0)
    moved = np.sqrt(statements / np.maximum(answered.sum(axis=1), 1))
    placed: Numbers = centred @ axes * moved[:, None]
    return placed


def divided(places: Numbers) -> tuple[Labels, float] | None:
    """Each place's group, and the silhouette; None where all places are one."""
    random = np.random.default_rng(0)
    # Places that differ by no more than rounding are one.
    distinct, which, weights = np.unique(places.round(9), axis=0, return_inverse=True, return_counts=True)
    base, weight, belongs = distinct, weights.astype(float), which.reshape(-1)
    if len(distinct) > BASE_CLUSTERS:
        label, centres = k_means(distinct, weight, BASE_CLUSTERS, random, BASE_STEPS)
        base, weight, belongs = centres, np.bincount(label, weight, len(centres)), label[belongs]
    if len(base) < 2:
        return None
    best: tuple[float, Labels] | None = None
    for k in range(2, min(MOST_GROUPS, len(base)) + 1):
        tried = [k_means(base, weight, k, random) for _ in range(RESTARTS)]
        label, _ = min(tried, key=lambda one: round(_inertia(base, weight, *one), 9))
        value = silhouette_of(base, weight, label)
        if best is None or value > best[0] + 1e-9:
            best = value, label
    assert best is not None
    value, label = best
    sizes = np.bincount(label, weight)
    rank = np.empty(len(sizes), dtype=np.intp)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[label][belongs], round(value, 6)


def k_means(
    points: Numbers, weight: Numbers, k: int, draw: np.random.Generator, steps: int = STEPS
) -> tuple[Labels, Numbers]:
    """Label of each weighted point, and the centres: k-means++ and Lloyd's steps. Labels without points are dropped."""
    centres = _seeds(points, weight, k, draw)
    label = np.full(len(points), NO_GROUP, dtype=np.intp)
    for _ in range(steps):
        nearest = np.argmin(_squares(points, centres), axis=1)
        if np.array_equal(nearest, label):
            break
        label = nearest
        held = np.bincount(label, weight, len(centres))
        sums = np.stack([np.bincount(label, weight * points[:, axis], len(centres)) for axis in (0, 1)], axis=1)
        centres = np.where(held[:, None] > 0, sums / np.maximum(held, 1e-12)[:, None], centres)
    used, label = np.unique(label, return_inverse=True)
    return label.reshape(-1), centres[used]


def _seeds(points: Numbers, weight: Numbers, k: int, draw: np.random.Generator) -> Numbers:
    """k-means++: each further seed is drawn by its squared distance from those before it."""
    chosen = [points[draw.choice(len(points), p=weight / weight.sum())]]
    nearest = _squares(points, chosen[0][None])[:, 0]
    for _ in range(1, k):
        chance = weight * nearest
        if chance.sum() <= 0:
            break
        chosen.append(points[draw.choice(len(points), p=chance / chance.sum())])
        nearest = np.minimum(nearest, _squares(points, chosen[-1][None])[:, 0])
    return np.array(chosen)


def _squares(points: Numbers, centres: Numbers) -> Numbers:
    """Squared distances, points by centres."""
    apart: Numbers = (points[:, :1] - centres[:, 0]) ** 2
    apart += (points[:, 1:] - centres[:, 1]) ** 2
    return apart


def _inertia(points: Numbers, weight: Numbers, label: Labels, centres: Numbers) -> float:
    return float((weight * ((points - centres[label]) ** 2).sum(axis=1)).sum())


def silhouette_of(points: Numbers, weight: Numbers, label: Labels) -> float:
    """Mean over points, each as often as its weight: how much nearer it is to its own group than to the next one.
    A point alone in its group counts 0, as usual."""
    apart = np.sqrt(_squares(points, points))
    groups = int(label.max()) + 1
    member = np.eye(groups)[label] * weight[:, None]
    sums, held = apart @ member, member.sum(axis=0)
    own = np.arange(len(points)), label
    others = held[label] - 1
    inside = sums[own] / np.maximum(others, 1e-12)
    between = sums / np.maximum(held, 1e-12)
    between[own] = np.inf
    nearest = between.min(axis=1)
    greatest = np.maximum(inside, nearest)
    value = np.where((others > 0) & (greatest > 0), (nearest - inside) / np.where(greatest > 0, greatest, 1), 0.0)
    return float(np.average(value, weights=weight))


def _counts(votes: Votes, of: Labels, groups: int) -> tuple[Numbers, Numbers]:
    """How many of each group agree, and disagree: groups by statements."""
    member = np.arange(groups)[:, None] == of
    agree = [(votes[one] > 0).sum(axis=0) for one in member]
    disagree = [(votes[one] < 0).sum(axis=0) for one in member]
    shape = (groups, votes.shape[1])
    return np.array(agree, dtype=float).reshape(shape), np.array(disagree, dtype=float).reshape(shape)


def _statements(agree: Numbers, disagree: Numbers) -> tuple[Statement, ...]:
    # One who agrees and one who disagrees stand beside those who spoke, so that a few cannot be certain.
    spoke = agree + disagree + 2
    consensus, dissent = np.prod((agree + 1) / spoke, axis=0), np.prod((disagree + 1) / spoke, axis=0)
    none = not len(agree)
    return tuple(
        Statement(
            agree=tuple(int(n) for n in agree[:, i]), disagree=tuple(int(n) for n in disagree[:, i]),
            consensus=0.0 if none else float(consensus[i]), dissent=0.0 if none else float(dissent[i]),
        )
        for i in range(agree.shape[1])
    )  # fmt: skip


def _typical(agree: Numbers, disagree: Numbers, group: int) -> tuple[int, ...]:
    """Statements that more than half of the group agree with, and more of it than of the others, both beyond chance."""
    own, spoke = agree[group], agree[group] + disagree[group]
    rest = agree.sum(axis=0) - own
    rest_spoke = (agree + disagree).sum(axis=0) - spoke
    share, rest_share = (own + 1) / (spoke + 2), (rest + 1) / (rest_spoke + 2)
    beyond_half = _beyond_half(own, spoke)
    pooled = (own + rest + 2) / (spoke + rest_spoke + 2)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / (spoke + 1) + 1 / (rest_spoke + 1)))
    beyond_rest = np.divide(
        (own + 1) / (spoke + 1) - (rest + 1) / (rest_spoke + 1), error, out=np.zeros_like(share), where=error > 0
    )
    fit = np.flatnonzero((beyond_half > BEYOND_CHANCE) & (beyond_rest > BEYOND_CHANCE))
    weight = share / rest_share * beyond_half * beyond_rest
    return tuple(int(i) for i in sorted(fit, key=lambda i: (-weight[i], i)))


def shared(found: OpinionGroups) -> tuple[int, ...]:
    """Statements that more than half of each group agree with, beyond chance, most agreed first."""
    if not found.sizes:
        return ()
    agree = np.array([s.agree for s in found.statements], dtype=float)
    spoke = agree + np.array([s.disagree for s in found.statements], dtype=float)
    beyond = (_beyond_half(agree, spoke) > BEYOND_CHANCE).all(axis=1)
    fit = np.flatnonzero(beyond)
    return tuple(int(i) for i in sorted(fit, key=lambda i: (-found.statements[i].consensus, i)))


def _beyond_half(agree: Numbers, spoke: Numbers) -> Numbers:
    """By how many standard errors more than half agree."""
    value: Numbers = 2 * np.sqrt(spoke + 1) * ((agree + 1) / (spoke + 1) - 0.5)
    return value
