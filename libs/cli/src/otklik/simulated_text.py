"""A text as `otklik rules simulate` is given it: what the rules ask of a message's words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.federation.country import Federation
from common.rulebook.classification import Reading
from routing.classify.classifier import Classifier
from routing.classify.model_file import UnreadableModel, read
from routing.model import RoutingContext
from routing.models import reading_of
from routing.reading import MessageWords

from otklik.rules_asked import NotSaid

SHOWN = 3


class SimulatedText(MessageWords):
    """Read by the one model that was given, whichever the rules name."""

    def __init__(self, message: MessageRegistered, country: Federation, model: Classifier | None) -> None:
        super().__init__(message, RoutingContext(country, _no_rules, self._by_model))
        self._model = model

    @property
    def has_model(self) -> bool:
        return self._model is not None

    def read(self, model: str, *, waits: bool = False) -> Reading | None:
        """A simulated message waits for nothing."""
        return super().read(model)

    def in_words(self) -> str:
        """What the model says, the most probable first."""
        found = self.read("")
        candidates = (*found.candidates, *found.matters)[:SHOWN] if found is not None else ()
        said = ", ".join(f"{one.category} ({one.percent} %)" for one in candidates)
        return said or "no category of this federation"

    def _by_model(self, version: str, text: str) -> Reading | None:
        return reading_of(self._model, text) if self._model is not None else None


def _no_rules(layer: str, at: datetime) -> NoReturn:
    raise LookupError(f"a text is not asked for rules of {layer} at {at}")


def said_text(
    country: Federation, text: str | None, model: Path | None, channel: str, *, bare: bool
) -> SimulatedText | None:
    """None without a text. `bare`: neither category nor place comes with it. Raises NotSaid for a file that is no
    model, and for a model without a text."""
    if text is None:
        if model is not None:
            raise NotSaid("a model reads a text: give --text besides")
        return None
    try:
        classifier = read(model) if model is not None else None
    except (OSError, UnreadableModel) as error:
        raise NotSaid(f"{model} cannot be read as a model: {error}") from error
    message = MessageRegistered(
        message_id="simulated", case_id="simulated", reference="", channel=channel, citizen="simulated", text=text,
        received_at=datetime.now(UTC), category=None if bare else "named", place=Place(),
    )  # fmt: skip
    return SimulatedText(message, country, classifier)
