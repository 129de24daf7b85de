"""The citizen's reply to the question which category the message is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import TriageAnswered
from common.contracts.seen_text import as_seen
from common.rulebook.classification import classification
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Placed, TriageWord, layer_for, place
from common.rulebook.trial import Unit

from routing.assignment import assigned
from routing.model import TRIAGE, Country, Incoming, Route, RoutingContext, RoutingEvent

MOST_WORDS = 4
"""Of a reply whose only number is a choice: \"number 2, please\"."""
REPLIES = 3
"""Messages in which the choice is looked for; then it is left to the person in triage."""
NUMBER = re.compile(r"\d+")
WORD = re.compile(r"[^\W_]+")


def chosen(text: str, choices: Sequence[str], country: Country) -> str | None:
    """The category that a reply names by its number or by a name of it; None where it names none or several."""
    said = as_seen(text)
    numbers = NUMBER.findall(said)
    if len(numbers) == 1 and len(said.split()) <= MOST_WORDS:
        number = int(numbers[0][:3])
        return choices[number - 1] if 1 <= number <= len(choices) else None
    named = [code for code in choices if any(_is_in(name, said) for name in country.category_names(code))]
    return named[0] if len(named) == 1 else None


def _is_in(name: str, said: str) -> bool:
    """Whether the words of a name stand in what was said, one after the other."""
    sought, words = WORD.findall(as_seen(name)), WORD.findall(said)
    return bool(sought) and any(words[n : n + len(sought)] == sought for n in range(len(words)))


def placed_by_reply(
    reply: MessageAdded, route: Route, incoming: Incoming, context: RoutingContext
) -> tuple[Placed, tuple[RoutingEvent, ...]] | None:
    """Where the citizen's choice and the rules place the case; None where a person still must say."""
    assert route.message is not None
    message = MessageRegistered.model_validate_json(route.message)
    category = (
        chosen(reply.text, route.choices, context.country)
        if incoming.people.same(reply.citizen, message.citizen)
        else None
    )
    words = MessageWords(message, context)
    spoken = message_place(message, words, route.message_time, context, rules_at=incoming.time, said=category)
    where = spoken.where
    if category is None or where is None:
        return None
    rulebook = context.rulebook(layer_for(where), incoming.time)
    said = TriageWord(category, by_citizen=True)
    unit = Unit(message.case_id, where.area)
    placed = place(
        message.case_id, message.category, where, rulebook, said, words=words,
        about_several=lambda: bool(suggested_parts(message, rulebook, unit, context)),
        warned=incoming.warned_at(spoken.place),
    )  # fmt: skip
    if not isinstance(placed, Placed):
        return None
    read = classification(words, rulebook, unit)
    asked = tuple(
        because.model_copy(update={"inputs": {**because.inputs, "chosen": category}})
        for because in (read.because if read is not None else ())
    )
    placed = replace(placed, because=(*spoken.because, *asked, *placed.because))
    message = message.model_copy(update={"place": spoken.place})
    told = TriageAnswered(
        case_id=message.case_id, region=where.region, area=where.area, category=placed.category,
        authority=placed.authority, actor=message.citizen, clarified=True,
    )  # fmt: skip
    return placed, (
        RoutingEvent(TRIAGE, told, rulebook.release),
        assigned(message, placed, rulebook, by_hand=False),
    )
