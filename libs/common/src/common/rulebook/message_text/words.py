"""A message's words, as the rules have them read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from common.contracts.events.intake import MessageRegistered
from common.rulebook.classification import Reading
from common.rulebook.matters import LABEL
from common.rulebook.message_text.context import ModelMissing, TextContext
from common.rulebook.message_text.language_of_letters import language_of

CYRILLIC = re.compile("[А-Яа-яЁё]")
NOWHERE = (None, None, None)
NONE_BEFORE: Mapping[str, int] = {}


class MessageWords:
    """The text of a message; only categories of the federation are read in it. Its language is that of its letters,
    where they tell one, else that of the citizen. `repeats`: how many messages of the citizen people have closed that
    were taken for a kind of table `matters`."""

    def __init__(
        self, message: MessageRegistered, context: TextContext, repeats: Mapping[str, int] = NONE_BEFORE
    ) -> None:
        self.channel = message.channel
        self.text = message.text
        self.language = language_of(message.text) or message.language
        by_letters = "ru" if CYRILLIC.search(message.text) else "en"
        self.languages = tuple(dict.fromkeys((self.language, message.language.split("-")[0], by_letters)))
        place = message.place
        self.bare = message.category is None and (place.lat, place.lon, place.address) == NOWHERE
        self.repeats = repeats
        self._context = context

    def read(self, model: str, *, waits: bool = False) -> Reading | None:
        """None where the model is not here; with `waits` raises ModelMissing then."""
        found = self._context.read(model, self.text)
        if found is None and waits:
            raise ModelMissing(f"model {model} is not here, and the rules have messages wait for it")
        if found is None:
            return None
        has = self._context.country.has_category
        known = tuple([c for c in found.candidates if has(c.category)])
        labels = tuple([c for c in found.candidates if c.category.startswith(LABEL)])
        return Reading(known, found.known, found.likely, labels)
