"""A text as `otklik rules simulate` is given it: what the rules ask of a message's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.parts import Part
from common.federation.country import Federation
from common.rulebook.classification import Reading
from common.rulebook.layers import Rulebook
from common.rulebook.placement import Where
from common.rulebook.trial import Unit
from routing.classify.classifier import Classifier
from routing.classify.model_file import UnreadableModel, read
from routing.model import RoutingContext
from routing.models import reading_of
from routing.reading import MessageWords
from routing.several_matters import suggested_parts
from routing.spoken_place import message_place

from otklik.rules_asked import NotSaid

SHOWN = 3
RulesOf = Callable[[str], Rulebook]


class SimulatedText(MessageWords):
    """Read by the one model that was given, whichever the rules name."""

    def __init__(
        self, message: MessageRegistered, country: Federation, model: Classifier | None, rules: RulesOf
    ) -> None:  # fmt: skip
        self._simulated = message
        self._known = RoutingContext(country, lambda layer, _at: rules(layer), self._by_model)
        super().__init__(message, self._known)
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

    def parts(self, rulebook: Rulebook, where: Where | None) -> tuple[Part, ...]:
        """Into which a person in triage would be shown it; none where it seems to be about one matter."""
        unit = Unit(self._simulated.case_id, where.area if where is not None else None)
        unread = Reading((), 0, 0)
        known = replace(self._known, read=lambda model, text: self._by_model(model, text) or unread)
        return suggested_parts(self._simulated, rulebook, unit, known)

    def where(self, given: str | None, at: datetime) -> Where | None:
        """By the house that its words name, where the rules let that decide; None where a person would say."""
        message = self._simulated.model_copy(update={"category": given})
        return message_place(message, self, at, self._known, rules_at=at).where

    def _by_model(self, version: str, text: str) -> Reading | None:
        return reading_of(self._model, text) if self._model is not None else None


def said_text(
    country: Federation, text: str | None, model: Path | None, channel: str, rules: RulesOf, *, bare: bool
) -> SimulatedText | None:
    """None without a text. `rules` gives the rulebook of a layer; `bare`: neither category nor place comes with it.
    Raises NotSaid for a file that is no model, and for a model without a text."""
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
    return SimulatedText(message, country, classifier, rules)
