"""A trained classifier: a text in, its categories ranked with their probabilities out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from common.contracts.frozen import value
from numpy.typing import NDArray

from routing.classify.words import FEATURES, features_of, stem_of, words_of

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]

REMEMBERED_WORDS = 50_000
FIRST_ROOM = 1024
"""Words that there is room for at first."""
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
        self._common = np.asarray(shares, np.float64)
        self._common_logs = np.log(self._common)
        self._bias = weights.bias.astype(np.float64)
        self._rows: dict[str, int] = {}
        self._scores = np.zeros((FIRST_ROOM, len(categories)))
        self._squares = np.zeros(FIRST_ROOM)
        self._known = np.zeros(FIRST_ROOM, np.bool_)

    def scores(self, words: tuple[str, ...]) -> Doubles:
        """One score a category, before calibration."""
        return self._scored(self._rows_of(words))

    def _scored(self, rows: Rows) -> Doubles:
        if not len(rows):
            return self._bias
        length = float(np.add.reduce(self._squares.take(rows))) ** 0.5
        found: Doubles = np.add.reduce(self._scores.take(rows, axis=0), axis=0) / length + self._bias
        return found

    def classify(self, text: str) -> Classified:
        """What the text is about."""
        probabilities, known = self.probabilities(text)
        order = np.argsort(-probabilities, kind="stable").tolist()
        values = probabilities.tolist()
        return Classified(tuple(Candidate(self.categories[n], values[n]) for n in order), known)

    def probabilities(self, text: str) -> tuple[Doubles, float]:
        """How probable each category is, in their order, and the share of the text's words that the model has seen."""
        rows = self._rows_of(words_of(text))
        found = calibrated(self._scored(rows), self.calibration, self._common, self._common_logs)
        return found, np.count_nonzero(self._known.take(rows)) / len(rows) if len(rows) else 0.0

    def reasons(self, text: str, category: str, most: int = 5) -> tuple[str, ...]:
        """The words of the text that speak most for a category, the strongest first."""
        column = self.categories.index(category)
        words = words_of(text)
        rows = self._rows_of(words)  # may make room for more words, elsewhere
        weights = self._scores[rows, column].tolist()
        spoken = list(zip(weights, words, strict=True))
        return tuple(word for weight, word in sorted(spoken, key=lambda s: (-s[0], s[1]))[:most] if weight > 0)

    def _rows_of(self, words: tuple[str, ...]) -> Rows:
        """Where each word's scores are kept; those of a new word are worked out."""
        if len(self._rows) + len(words) > REMEMBERED_WORDS:
            self._rows.clear()
        rows = self._rows
        return np.array([rows[word] if word in rows else self._add(word) for word in words], np.intp)

    def _add(self, word: str) -> int:
        row = len(self._rows)
        if row >= len(self._squares):
            room = 2 * len(self._squares)
            self._scores = np.resize(self._scores, (room, len(self.categories)))
            self._squares, self._known = np.resize(self._squares, room), np.resize(self._known, room)
        self._scores[row], self._squares[row] = self._of_features(features_of(word))
        self._known[row] = stem_of(word) in self._stems
        self._rows[word] = row
        return row

    def _of_features(self, features: tuple[int, ...]) -> tuple[Doubles, float]:
        """A word's scores, and the square of its weight."""
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


def calibrated(scores: Doubles, calibration: Calibration, common: Doubles, common_logs: Doubles) -> Doubles:
    """Probabilities of scores, a row a text or one row; `common` are the shares of the categories, which sum to 1."""
    turned = scores * calibration.sharpness + calibration.prior * common_logs
    # The ufuncs' own reductions: of one row, `max()` and `sum()` cost more in their calls than in numbers.
    grown = np.exp(turned - np.maximum.reduce(turned, axis=-1, keepdims=True))
    by_words = grown / np.add.reduce(grown, axis=-1, keepdims=True)
    found: Doubles = by_words * (1 - calibration.astray) + calibration.astray * common
    return found
