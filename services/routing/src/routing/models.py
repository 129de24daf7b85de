"""The models that are here: a folder of files, each named by its version."""

from __future__ import annotations

import logging
import re
from pathlib import Path

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


class Models:
    """Reads each model when it is first asked; what is missing is looked for again when it is asked again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models: dict[str, Classifier] = {}
        self._told: set[str] = set()

    def read(self, version: str, text: str) -> Reading | None:
        """What the model of a version reads in a text; None where it is not here, which is logged once."""
        model = self._models.get(version) or self._load(version)
        if model is None:
            return None
        found = model.classify(text)
        # Checked already: the model's own numbers.
        candidates = tuple(
            CategoryCandidate.model_construct(category=c.category, percent=round(c.probability * 100))
            for c in found.ranked[:FIRST]
        )
        likely = len(found.likely(model.calibration.least[COVERAGE]))
        return Reading(candidates, round(found.known * 100), likely)

    def _load(self, version: str) -> Classifier | None:
        try:
            if not VERSION.fullmatch(version):
                raise UnreadableModel("a version is the SHA-256 of a model's file")
            content = (self._folder / f"{version}{SUFFIX}").read_bytes()
            if version_of(content) != version:
                raise UnreadableModel("the file holds another model than its name says")
            model = from_bytes(content)
        except (OSError, UnreadableModel) as error:
            if version not in self._told:
                self._told.add(version)
                log.warning("model %s cannot be used, so people place what it would read: %s", version[:80], error)
            return None
        if len(self._models) >= KEPT:
            self._models.pop(next(iter(self._models)))
        self._models[version] = model
        return model
