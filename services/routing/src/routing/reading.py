"""A message's words, as the rules have them read. Pure."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.intake import MessageRegistered
from common.rulebook.classification import Reading

from routing.language import language_of
from routing.model import RoutingContext


class MessageWords:
    """The text of a message; only categories of the federation are read in it. Its language is that of its letters,
    where they tell one, else that of the citizen."""

    def __init__(self, message: MessageRegistered, context: RoutingContext) -> None:
        self.channel = message.channel
        self.language = language_of(message.text) or message.language
        self._text = message.text
        self._context = context

    def read(self, model: str) -> Reading | None:
        """None where the model is not here."""
        found = self._context.read(model, self._text)
        if found is None:
            return None
        known = tuple(c for c in found.candidates if self._context.country.has_category(c.category))
        return replace(found, candidates=known)
