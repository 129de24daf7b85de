"""How well a classifier does on texts whose categories are known. Pure, but for the time it takes."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from common.contracts.frozen import value

from routing.classify.classifier import Classified, Classifier
from routing.classify.training import Labelled

BINS = 15
COVERAGE = 90


@value
class Judged:
    """Shares lie from 0 to 1. `ece`: the expected calibration error over 15 bins of the first category's probability.
    `coverage` and `mean_size` are of the sets that shall hold the right category in 90 % of texts."""

    texts: int
    categories: int
    accuracy: float
    macro_f1: float
    top3: float
    ece: float
    coverage: float
    mean_size: float
    of_one: float
    """Share of texts whose set is one category."""
    accuracy_of_one: float
    unknown_categories: int
    """Texts of a category that the model has never seen; they count as wrong."""
    microseconds: float
    """A text, one after the other, each for the first time."""


def judge(model: Classifier, texts: Sequence[Labelled]) -> Judged:
    """Classify texts and compare."""
    begun = perf_counter()
    found = [model.classify(t.text) for t in texts]
    took = perf_counter() - begun
    right = [t.category for t in texts]
    first = [c.ranked[0] for c in found]
    hits = np.array([c.category == r for c, r in zip(first, right, strict=True)])
    sure = np.array([c.probability for c in first])
    sets = [{c.category for c in f.likely(model.calibration.least[COVERAGE])} for f in found]
    held = np.array([r in s for s, r in zip(sets, right, strict=True)])
    alone = np.array([len(s) == 1 for s in sets])
    return Judged(
        texts=len(texts), categories=len(model.categories), accuracy=float(hits.mean()),
        macro_f1=macro_f1([c.category for c in first], right), top3=_within(found, right, 3),
        ece=calibration_error(sure, hits), coverage=float(held.mean()),
        mean_size=float(np.mean([len(s) for s in sets])), of_one=float(alone.mean()),
        accuracy_of_one=float(hits[alone].mean()) if alone.any() else 0.0,
        unknown_categories=sum(r not in model.categories for r in right), microseconds=took / len(texts) * 1e6,
    )  # fmt: skip


def macro_f1(said: Sequence[str], right: Sequence[str]) -> float:
    """The mean of each category's F1, over those that were said or right."""
    scores = []
    for category in sorted({*said, *right}):
        both = sum(s == r == category for s, r in zip(said, right, strict=True))
        scores.append(2 * both / (sum(s == category for s in said) + sum(r == category for r in right)))
    return float(np.mean(scores))


def calibration_error(sure: np.ndarray, hits: np.ndarray) -> float:
    """How far, on average, the probability said lies from the share that was right."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(sum(abs(sure[bins == b].sum() - hits[bins == b].sum()) for b in range(BINS)) / len(sure))


def _within(found: Sequence[Classified], right: Sequence[str], first: int) -> float:
    within = [r in {c.category for c in f.ranked[:first]} for f, r in zip(found, right, strict=True)]
    return sum(within) / len(within)
