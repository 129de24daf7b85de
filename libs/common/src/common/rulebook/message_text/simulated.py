"""What the rules ask of the words of a message that nobody has sent: for simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.parts import Part
from common.rulebook.classification import Reading
from common.rulebook.layers import Rulebook
from common.rulebook.matters import matter_of
from common.rulebook.message_text.context import Places, TextKnown
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Placed, Unplaced, Where, place
from common.rulebook.trial import Unit

CASE = "simulated"
SHOWN = 3
RulesOf = Callable[[str], Rulebook]
"""The rulebook of a layer."""
ByModel = Callable[[str], Reading]
"""What the one model that was given reads in a text."""


class SimulatedText(MessageWords):
    """Read by the one model that was given, whichever the rules name; where none was, by none."""

    def __init__(
        self, text: str, country: Places, rules: RulesOf, at: datetime, *, channel: str, bare: bool,
        model: ByModel | None = None,
    ) -> None:  # fmt: skip
        """By the streets of `at`. `bare`: neither category nor place comes with it."""
        self._simulated = MessageRegistered(
            message_id=CASE, case_id=CASE, reference="", channel=channel, citizen=CASE, text=text,
            received_at=at, category=None if bare else "named", place=Place(),
        )  # fmt: skip
        self._known = TextKnown(country, lambda layer, _at: rules(layer), self._by_model)
        self._model = model
        super().__init__(self._simulated, self._known)

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
        unit = Unit(CASE, where.area if where is not None else None)
        unread = Reading((), 0, 0)
        known = replace(self._known, read=lambda model, text: self._by_model(model, text) or unread)
        return suggested_parts(self._simulated, rulebook, unit, known)

    def where(self, given: str | None, at: datetime) -> Where | None:
        """By the house that its words name, where the rules let that decide; None where a person would say."""
        message = self._simulated.model_copy(update={"category": given})
        return message_place(message, self, at, self._known, rules_at=at).where

    def placed(
        self, given: str | None, where: Where | None, rulebook: Rulebook, *, has_point: bool
    ) -> Placed | Unplaced:  # fmt: skip
        """What would become of a message with these words."""
        unit = Unit(CASE, where.area if where is not None else None)
        return place(
            CASE, given, where, rulebook, has_point=has_point, words=self if self.has_model else None,
            matter=matter_of(self, rulebook, unit), about_several=lambda: bool(self.parts(rulebook, where)),
        )  # fmt: skip

    def _by_model(self, version: str, text: str) -> Reading | None:
        return self._model(text) if self._model is not None else None
