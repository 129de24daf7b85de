"""natasha's model of Russian names: its weights and its list of first names, run by slovnet. natasha itself, which
needs more, is not imported."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from common.messaging.settings import SettingsError

from intake.names import Span

PACKAGE = "natasha"
WORDS = "natasha/data/emb/navec_news_v1_1B_250K_300d_100q.tar"
WEIGHTS = "natasha/data/model/slovnet_ner_news_v1.tar"
FIRST_NAMES = "natasha/data/dict/first.txt"


class NatashaNames:
    """Holds some 200 MB; a text of 10,000 letters takes it a third of a second."""

    def __init__(self) -> None:
        """Raises SettingsError with what to do."""
        try:
            from navec import Navec  # an extra: most installations have none of it
            from slovnet import NER

            words, weights, first = (self._file(name) for name in (WORDS, WEIGHTS, FIRST_NAMES))
            self._model = NER.load(weights)
            self._model.navec(Navec.load(words))
            self.first_names = frozenset(first.read_text(encoding="utf-8").split())
            self.people("Меня зовут Иван Петров.")
        except (ImportError, PackageNotFoundError, OSError, ValueError, KeyError) as error:
            raise SettingsError(
                f"OTKLIK_NAMES_MODEL=natasha, and the model cannot be loaded ({type(error).__name__}: {error}):"
                " install intake with its extra `names`, or set OTKLIK_NAMES_MODEL=off and have names struck by"
                " patterns alone"
            ) from error

    def people(self, text: str) -> Iterable[Span]:
        """One text at a time: in a batch the sums, and at the edge the names, depend on what else is in it."""
        return [(span.start, span.stop) for span in self._model(text).spans if span.type == "PER"]

    @staticmethod
    def _file(name: str) -> Path:
        found = Path(str(distribution(PACKAGE).locate_file(name)))
        if not found.is_file():
            raise FileNotFoundError(f"{found} is missing")
        return found
