"""The models that are here: a folder of files, each named by its version."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from common.contracts.events.routing import CategoryCandidate
from common.rulebook.classification import Reading

from routing.classify.classifier import Classifier
from routing.classify.judging import COVERAGE
from routing.classify.model_file import UnreadableModel, from_bytes, version_of

SUFFIX = ".model"
VERSION = re.compile(r"[0-9a-f]{64}")
FIRST = 10
"""Candidates that decisions look at."""
KEPT = 8
"""Models in memory: those of a trial and of regions that have their own."""

log = logging.getLogger(__name__)


@lru_cache(maxsize=100_000)
def _candidate(category: str, percent: int) -> CategoryCandidate:
    """One object for all texts. Not checked: the model's own numbers."""
    return CategoryCandidate.model_construct(category=category, percent=percent)


def reading_of(model: Classifier, text: str) -> Reading:
    """What a model reads in a text."""
    probabilities, known = model.probabilities(text)
    first = (-probabilities).argsort(kind="stable")[:FIRST]
    candidates = tuple(
        _candidate(model.categories[n], round(percent))
        for n, percent in zip(first.tolist(), (probabilities[first] * 100).tolist(), strict=True)
    )
    likely = max(1, int(np.count_nonzero(probabilities >= model.calibration.least[COVERAGE])))
    return Reading(candidates, round(known * 100), likely)


class Models:
    """Reads each model when it is first asked; what is missing is looked for again when it is asked again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models: dict[str, Classifier] = {}
        self._told: set[str] = set()
        self._why: dict[str, str] = {}
        self._bad: dict[str, tuple[int, int, int]] = {}
        """Files that are no such model, as they stood when they were looked at: not read again until they change."""

    def read(self, version: str, text: str) -> Reading | None:
        """What the model of a version reads in a text; None where it is not here, which is logged once."""
        model = self._models.get(version) or self._load(version)
        if model is None:
            return None
        return reading_of(model, text)

    def missing(self, version: str) -> str | None:
        """Why a model cannot be used; None where it can. One that is asked for is read at once, not at its first
        message."""
        return None if version in self._models or self._load(version) is not None else self._why[version]

    def _load(self, version: str) -> Classifier | None:
        path = self._folder / f"{version}{SUFFIX}"
        try:
            if not VERSION.fullmatch(version):
                raise UnreadableModel("a version is the SHA-256 of a model's file")
            found = path.stat()
            look = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._bad.get(version) == look:
                return None
            self._bad[version] = look
            content = path.read_bytes()
            if version_of(content) != version:
                raise UnreadableModel(f"{path} holds another model than its name says")
            model = from_bytes(content)
        except (OSError, UnreadableModel) as error:
            self._why[version] = str(error)
            if version not in self._told:
                self._told.add(version)
                log.warning("model %s cannot be used: %s", version[:80], error)
            return None
        self._bad.pop(version, None)
        self._told.discard(version)
        if len(self._models) >= KEPT:
            self._models.pop(next(iter(self._models)))
        self._models[version] = model
        return model
