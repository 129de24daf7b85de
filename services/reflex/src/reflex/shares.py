"""Shares of cases: intervals, and what places differ in beyond chance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from typing import NamedTuple

Z_95 = 1.959964


def share_interval(bad: float, cases: float, dispersion: float = 1.0, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval of a share; `dispersion` times the variance of independent cases counts as that many fewer."""
    if cases <= 0:
        return 0.0, 1.0
    n, squared = cases / dispersion, z * z
    share, wider = bad / cases, 1 + squared / n
    middle = (share + squared / (2 * n)) / wider
    half = z * sqrt(share * (1 - share) / n + squared / (4 * n * n)) / wider
    return max(0.0, middle - half), min(1.0, middle + half)


class Difference(NamedTuple):
    """How far a place is from what is expected, and the variance of that."""

    points: float
    variance: float


def variance_between(differences: Sequence[Difference]) -> float:
    """Variance of the true differences, by moments (DerSimonian and Laird 1986); 0 where chance explains them."""
    known = [d for d in differences if d.variance > 0]
    if len(known) < 2:
        return 0.0
    weights = [1 / d.variance for d in known]
    total = sum(weights)
    mean = sum(w * d.points for w, d in zip(weights, known, strict=True)) / total
    seen = sum(w * (d.points - mean) ** 2 for w, d in zip(weights, known, strict=True))
    return max(0.0, (seen - (len(known) - 1)) / (total - sum(w * w for w in weights) / total))


def shrunk(difference: Difference, between: float) -> Difference:
    """What the true difference is thought to be, and its variance, where those of places vary by `between`."""
    if between <= 0:
        return Difference(0.0, 0.0)
    kept = between / (between + difference.variance)
    return Difference(kept * difference.points, kept * difference.variance)


class Mixture(NamedTuple):
    """True differences: none at all, or with some probability `differing` a normal one of variance `between`."""

    differing: float
    between: float


def mixture_of(differences: Sequence[Difference], rounds: int = 60) -> Mixture:
    """By likelihood (EM); where few places differ much and most not at all, one normal would shrink the few away."""
    known = [d for d in differences if d.variance > 0]
    if not known:
        return Mixture(0.0, 0.0)
    differing, between = 0.2, max(d.points**2 for d in known) / 4
    for _ in range(rounds):
        chances = [chance_of_difference(d, Mixture(differing, between)) for d in known]
        # As if one more place of ten had differed, and two by what is thought now: few places say little of either.
        differing = (1 + sum(chances)) / (10 + len(known))
        seen = 2 * between
        for chance, d in zip(chances, known, strict=True):
            kept = between / (between + d.variance)
            seen += chance * (kept * kept * d.points**2 + kept * d.variance)
        between = seen / (2 + sum(chances))
    return Mixture(differing, between)


def chance_of_difference(difference: Difference, prior: Mixture) -> float:
    """That the true difference of a place is not nought."""
    points, variance = difference
    wide = variance + prior.between
    odds = prior.differing / (1 - prior.differing) * sqrt(variance / wide)
    exponent = min(700.0, points**2 / 2 * (1 / variance - 1 / wide))
    odds *= exp(exponent)
    return odds / (1 + odds)


def shrunk_by(difference: Difference, prior: Mixture) -> Difference:
    """What the true difference is thought to be, and its variance."""
    chance = chance_of_difference(difference, prior)
    if_it_differs = shrunk(difference, prior.between)
    mean = chance * if_it_differs.points
    return Difference(mean, chance * (if_it_differs.variance + if_it_differs.points**2) - mean * mean)
