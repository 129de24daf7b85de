"""What the rules say of the place that a message's own text names. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from common.contracts.events.base import Because
from common.contracts.frozen import value
from common.rulebook.classification import classification
from common.rulebook.message_text.context import TextContext
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Where, category_of, layer_for, reasons_of
from common.rulebook.trial import Unit

TABLE = "triage"
NO_CATEGORY = ""
"""Is asked of the rules where none is known: rows of every category answer it."""


@value
class TextRule:
    """Whether the text places the message, and the rows that say so."""

    decides: bool
    because: tuple[Because, ...] = ()


Ruled = Callable[[Where], TextRule]
"""Is asked only where the text names one house, with where that lies."""
SHOWN = TextRule(False)


def shown(_where: Where) -> TextRule:
    """A person is shown it, whatever the rules say."""
    return SHOWN


def text_rule(
    case_id: str, given: str | None, words: MessageWords, at: datetime, context: TextContext, said: str | None = None
) -> Ruled:
    """By table `triage`, for the category that `said` is, else the channel's `given` or the words mean."""

    def ruled(where: Where) -> TextRule:
        rulebook = context.rulebook(layer_for(where), at)
        unit = Unit(case_id, where.area)
        category = said or category_of(given, rulebook, unit)[0]
        if category is None:
            read = classification(words, rulebook, unit)
            category = read.category if read is not None else None
        decision = rulebook.decide(TABLE, {"category": category or NO_CATEGORY}, unit)
        if decision is None:
            return SHOWN
        return TextRule(decision.outputs["text_place"] == "decides", reasons_of(decision))

    return ruled
