"""A classifier from labelled texts: the same texts give the same one, in whatever order they come.

Needs the extra `classify` (scikit-learn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
from common.contracts.frozen import value
from numpy.typing import NDArray

from routing.classify.calibration import fitted
from routing.classify.classifier import Calibration, Classifier, Doubles, Weights, weighed
from routing.classify.words import FEATURES, features_of, stem_of, words_of

FOLDS = 10
"""Parts of the texts; each is scored by a model that learnt from the others, and calibration is fitted on that."""
STRENGTH = 0.5
"""How much a text that is not understood counts against large weights."""
UNCALIBRATED = Calibration(1.0, 0.0, 0.0, {})


@value
class Labelled:
    """A text and the category it was found to be about."""

    text: str
    category: str


class TooFewTexts(ValueError):
    """Nothing can be learnt from these texts; the message says why."""


def train(texts: Sequence[Labelled], seed: int = 0) -> Classifier:
    """Learn from texts; raises TooFewTexts."""
    ordered = sorted(texts, key=lambda t: (t.text, t.category))
    categories = tuple(sorted({t.category for t in ordered}))
    if len(categories) < 2:
        raise TooFewTexts("there must be texts of two categories at least")
    numbers = {category: n for n, category in enumerate(categories)}
    labels = np.array([numbers[t.category] for t in ordered])
    words = [words_of(t.text) for t in ordered]
    counts = np.bincount(labels, minlength=len(categories)) + 0.5
    shares = tuple((counts / counts.sum()).tolist())
    scores, scored = _scores_unseen(words, labels, _folds(ordered, seed), len(categories), seed)
    calibration = fitted(scores[scored], labels[scored], shares)
    weights = _weights(words, labels, len(categories), seed)
    return Classifier(categories, shares, weights, calibration)


def _scores_unseen(
    words: Sequence[tuple[str, ...]], labels: NDArray[np.int64], folds: NDArray[np.int64], categories: int, seed: int
) -> tuple[Doubles, NDArray[np.bool_]]:
    """Each text's scores by a model that has not learnt from it; the second says which texts have any."""
    scores = np.zeros((len(words), categories))
    scored = np.zeros(len(words), bool)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold).tolist(), np.flatnonzero(folds != fold).tolist()
        if not inside or len(set(labels[outside].tolist())) < 2:
            continue
        learnt = _weights([words[n] for n in outside], labels[outside], categories, seed)
        model = Classifier(("",) * categories, (1.0,) * categories, learnt, UNCALIBRATED)
        scores[inside] = np.stack([model.scores(words[n]) for n in inside])
        scored[inside] = True
    if not scored.any():
        raise TooFewTexts("too few texts to learn from some and to judge by the others")
    return scores, scored


def _folds(texts: Sequence[Labelled], seed: int) -> NDArray[np.int64]:
    """A part for each text: drawn, and each category spread over all parts.

    Texts that are alike may lie in different parts, as those to come will be like some that were learnt from.
    """
    drawn = sorted(range(len(texts)), key=lambda n: (texts[n].category, _draw(seed, texts[n].text), n))
    folds = np.zeros(len(texts), np.int64)
    folds[drawn] = np.arange(len(texts)) % FOLDS
    return folds


def _draw(seed: int, text: str) -> bytes:
    return sha256(f"{seed} {text}".encode()).digest()


def _weights(words: Sequence[tuple[str, ...]], labels: NDArray[np.int64], categories: int, seed: int) -> Weights:
    """What these texts say of each feature: one linear model a category against all others, by squared hinge loss."""
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    features = {word: np.array(features_of(word)) for word in sorted({w for text in words for w in text})}
    rarity, unseen = _rarity(words, features)
    values = {word: weighed(rarity[f], 0, unseen) for word, f in features.items()}
    rows, columns, cells = [], [], []
    for n, text in enumerate(words):
        length = sum(values[word][1] ** 2 for word in text) ** 0.5
        for word in text:
            columns.append(features[word])
            cells.append(values[word][0] / length)
            rows.append(np.full(len(features[word]), n))
    shape = (len(words), FEATURES)
    table = csr_matrix((_joined(cells), (_joined(rows), _joined(columns))), shape=shape)
    model = LinearSVC(C=STRENGTH, random_state=seed, dual=True, max_iter=10_000)
    model.fit(table, labels)
    seen = np.array(sorted({int(f) for word in features for f in features[word]}), np.uint32)
    learnt, bias = _spread(model.coef_, model.intercept_, model.classes_, categories)
    stems = np.array(sorted({stem_of(word) for word in features}), np.uint32)
    return Weights(
        seen, rarity[seen].astype(np.float32), _halved(learnt[:, seen].T), _halved(bias), unseen, stems
    )  # fmt: skip


def _rarity(words: Sequence[tuple[str, ...]], features: Mapping[str, NDArray[np.int64]]) -> tuple[Doubles, float]:
    """How rare each feature is among the texts, and one that none of them has."""
    texts = np.zeros(FEATURES)
    for text in words:
        if text:
            texts[np.unique(np.concatenate([features[word] for word in text]))] += 1
    rarity = (np.log((1 + len(words)) / (1 + texts)) + 1).astype(np.float32)
    return rarity.astype(np.float64), float(np.float32(np.log(1 + len(words)) + 1))


def _joined(parts: list[NDArray[np.int64]] | list[Doubles]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.zeros(0)


def _spread(weights: Doubles, bias: Doubles, found: NDArray[np.int64], categories: int) -> tuple[Doubles, Doubles]:
    """One row a category: of two the library gives one, and none for a category that no text has."""
    if len(found) == 2:
        weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    rows, offsets = np.zeros((categories, weights.shape[1])), np.full(categories, -1.0)
    rows[found], offsets[found] = weights, bias
    return rows, offsets


def _halved(numbers: Doubles) -> NDArray[np.float32]:
    """With the precision that a model's file keeps, so that a model read again is the same."""
    return np.ascontiguousarray(numbers.astype(np.float16).astype(np.float32))
