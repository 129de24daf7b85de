"""natasha's model of Russian names: its weights and its list of first names, run by slovnet. natasha itself, which
needs more, is not imported. Where it cannot be loaded intake is not ready, what it would read waits, and it is tried
again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Protocol

from common.messaging.failures import TransientError
from common.messaging.postgres import Database
from common.messaging.problems import Problem

from intake.names import Model
from intake.place_names import Span

log = logging.getLogger(__name__)

PACKAGE = "natasha"
WORDS = "natasha/data/emb/navec_news_v1_1B_250K_300d_100q.tar"
WEIGHTS = "natasha/data/model/slovnet_ner_news_v1.tar"
FIRST_NAMES = "natasha/data/dict/first.txt"
RETRY_SECONDS = 20.0
"""Between two tries to load it."""


class LoadsNames(Protocol):
    def names(self) -> Model:
        """Raises TransientError where there is no model now."""
        ...


class NamesNotLoaded(TransientError):
    """Why, and what to do."""


class NatashaNames:
    """Holds some 200 MB; a text of 10,000 letters takes it a third of a second."""

    def __init__(self) -> None:
        """Raises NamesNotLoaded."""
        try:
            from navec import Navec  # an extra: most installations have none of it
            from slovnet import NER

            words, weights, first = (self._file(name) for name in (WORDS, WEIGHTS, FIRST_NAMES))
            self._model = NER.load(weights)
            self._model.navec(Navec.load(words))
            self.first_names = frozenset(first.read_text(encoding="utf-8").split())
            self.people("Меня зовут Иван Петров.")
        except Exception as error:  # of files that are none each library raises what it likes
            why = str(error).partition("\n")[0].rstrip(":")
            raise NamesNotLoaded(
                f"OTKLIK_NAMES_MODEL=natasha, and the model cannot be loaded ({type(error).__name__}: {why}):"
                " install intake with its extra `names`, or set OTKLIK_NAMES_MODEL=off, restart, and have names struck"
                " by patterns alone"
            ) from error

    def names(self) -> Model:
        return self

    def people(self, text: str) -> Iterable[Span]:
        """One text at a time: in a batch the sums, and at the edge the names, depend on what else is in it."""
        return [(span.start, span.stop) for span in self._model(text).spans if span.type == "PER"]

    @staticmethod
    def _file(name: str) -> Path:
        found = Path(str(distribution(PACKAGE).locate_file(name)))
        if not found.is_file():
            raise FileNotFoundError(f"{found} is missing")
        return found


class NamesLater:
    """The model as soon as it can be loaded; tried at once and then from time to time, by whoever needs it first."""

    def __init__(self, load: Callable[[], Model], clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._model: Model | None = None
        self._why: NamesNotLoaded | None = None
        self._tried_at = 0.0
        self._try()

    def names(self) -> Model:
        if self._model is None and self._clock() - self._tried_at >= RETRY_SECONDS:
            self._try()
        if self._model is None:
            raise self._why or NamesNotLoaded("the model of names is being loaded")
        return self._model

    async def problems(self, _db: Database) -> list[Problem]:
        """For readiness: what citizens say waits meanwhile."""
        if self._model is not None or self._why is None:
            return []
        words = f"{self._why}; what citizens say waits; see deploy/runbooks/names-model.md"
        return [Problem("names_model_missing", words)]

    def _try(self) -> None:
        try:
            self._model, self._why = self._load(), None
        except NamesNotLoaded as error:
            if self._why is None:
                log.error("%s", error)
            self._why = error
        self._tried_at = self._clock()
