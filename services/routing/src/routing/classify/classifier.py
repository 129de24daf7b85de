"""A trained classifier: a text in, its categories ranked with their probabilities out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from common.contracts.frozen import value
from numpy.typing import NDArray

from routing.classify.words import FEATURES, features_of, stem_of, words_of

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]

REMEMBERED_WORDS = 50_000
COVERAGES = (80, 90, 95)
"""Percent of texts whose set of categories shall hold the right one."""


@value
class Candidate:
    """A category and how probable it is, from 0 to 1."""

    category: str
    probability: float


@value
class Classified:
    """`ranked`: the most probable first. `known`: the share of the text's words that the model has seen, 0 to 1."""

    ranked: tuple[Candidate, ...]
    known: float

    def likely(self, least: float) -> tuple[Candidate, ...]:
        """Those at least so probable, and the first in any case."""
        return tuple(c for n, c in enumerate(self.ranked) if n == 0 or c.probability >= least)


@value
class Weights:
    """What was learnt of each feature that occurred: `rarity` and one weight a category; `bias` of each category."""

    features: NDArray[np.uint32]
    rarity: Floats
    weights: Floats
    bias: Floats
    rarity_unseen: float
    stems: NDArray[np.uint32]
    """Of the words seen, in ascending order."""


@value
class Calibration:
    """Turns scores into probabilities: `sharpness` times the score and `prior` times the logarithm of a category's
    share. `astray` is the share of texts that are about something else than their words say, such as those filed
    wrongly. `least`: for each coverage in percent the least probability of a category that belongs to the set."""

    sharpness: float
    prior: float
    astray: float
    least: Mapping[int, float]


class Classifier:
    """Scores are sums over words, and a word's scores are remembered: most words of a text were seen in another."""

    def __init__(
        self, categories: tuple[str, ...], shares: tuple[float, ...], weights: Weights, calibration: Calibration
    ) -> None:
        self.categories = categories
        self.shares = shares
        self.weights = weights
        self.calibration = calibration
        self._place = np.full(FEATURES, -1, np.int32)
        self._place[weights.features] = np.arange(len(weights.features), dtype=np.int32)
        self._stems = frozenset(weights.stems.tolist())
        self._words: dict[str, tuple[Doubles, float, bool]] = {}

    def scores(self, words: tuple[str, ...]) -> Doubles:
        """One score a category, before calibration."""
        total = self.weights.bias.astype(np.float64)
        if not words:
            return total
        known = [self._word(word) for word in words]
        length = sum(weight for _, weight, _ in known) ** 0.5
        found: Doubles = total + np.add.reduce([scores for scores, _, _ in known]) / length
        return found

    def classify(self, text: str) -> Classified:
        """What the text is about."""
        words = words_of(text)
        probabilities = calibrated(self.scores(words), self.calibration, self.shares)
        order = np.argsort(-probabilities, kind="stable").tolist()
        values = probabilities.tolist()
        ranked = tuple(Candidate(self.categories[n], values[n]) for n in order)
        seen = sum(self._word(word)[2] for word in words)
        return Classified(ranked, seen / len(words) if words else 0.0)

    def reasons(self, text: str, category: str, most: int = 5) -> tuple[str, ...]:
        """The words of the text that speak most for a category, the strongest first."""
        column = self.categories.index(category)
        spoken = [(float(self._word(word)[0][column]), word) for word in words_of(text)]
        return tuple(word for weight, word in sorted(spoken, key=lambda s: (-s[0], s[1]))[:most] if weight > 0)

    def _word(self, word: str) -> tuple[Doubles, float, bool]:
        """A word's scores, the square of its weight, and whether one like it was seen in training."""
        found = self._words.get(word)
        if found is None:
            found = (*self._scored(features_of(word)), stem_of(word) in self._stems)
            if len(self._words) >= REMEMBERED_WORDS:
                self._words.clear()
            self._words[word] = found
        return found

    def _scored(self, features: tuple[int, ...]) -> tuple[Doubles, float]:
        places = self._place[list(features)]
        seen = places[places >= 0]
        unseen = len(places) - len(seen)
        rarity = self.weights.rarity[seen].astype(np.float64)
        values, weight = weighed(rarity, unseen, self.weights.rarity_unseen)
        return values @ self.weights.weights[seen].astype(np.float64), weight * weight


def weighed(rarity: Doubles, unseen: int, rarity_unseen: float) -> tuple[Doubles, float]:
    """The values of a word's seen features, and the word's weight: the mean rarity of its features, which all of them
    together have as their length."""
    squares = float(rarity @ rarity) + unseen * rarity_unseen**2
    weight = (float(rarity.sum()) + unseen * rarity_unseen) / (len(rarity) + unseen)
    return rarity * (weight / squares**0.5), weight


def calibrated(scores: Doubles, calibration: Calibration, shares: Sequence[float]) -> Doubles:
    """Probabilities of scores, a row a text or one row."""
    common = np.asarray(shares, np.float64)
    turned = scores * calibration.sharpness + calibration.prior * np.log(common)
    grown = np.exp(turned - turned.max(axis=-1, keepdims=True))
    by_words = grown / grown.sum(axis=-1, keepdims=True)
    found: Doubles = by_words * (1 - calibration.astray) + calibration.astray * common / common.sum()
    return found
