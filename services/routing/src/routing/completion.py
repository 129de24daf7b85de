"""A message that waits in triage, with what its citizen has said since. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import TriageAnswered, TriageSupplemented
from common.contracts.frozen import value
from common.rulebook.message_text.located import located
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Placed, Unplaced, category_of, layer_for, place
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT, Unit

from routing.assignment import assigned
from routing.matters import found_with
from routing.model import TRIAGE, Held, Incoming, Route, RoutingContext, RoutingEvent
from routing.people import People

MOST_CHARACTERS = 10_000
"""Of all words together, as of one message."""


@value
class Completed:
    """`message` is the first one, with category and place from later ones where it had none that serves, and with the
    first words where it came without any."""

    message: MessageRegistered
    words: str
    """Of all that the citizen said, a line each."""

    def words_for(self, context: RoutingContext) -> MessageWords:
        """As the rules have them read."""
        return MessageWords(self.message.model_copy(update={"text": self.words}), context)


def later_messages(held: Iterable[Held]) -> list[MessageAdded]:
    return [MessageAdded.model_validate_json(one.body) for one in held if one.kind == MessageAdded.type]


def completed(
    message: MessageRegistered, later: Iterable[MessageAdded], understood: Callable[[str], bool],
    lies_somewhere: Callable[[Place], bool], people: People,
) -> Completed:  # fmt: skip
    """Only what the same citizen said counts, on whichever channel. `understood`: whether a category is known;
    `lies_somewhere`: whether a point lies in a region."""
    texts = {message.message_id: message.text.strip()}
    same = dict[str, str]()
    category, where = message.category, message.place
    for one in later:
        if not people.same(one.citizen, message.citizen):
            continue
        earlier = same.get(one.replaces or "", one.replaces)
        same[one.message_id] = said_as = earlier if earlier in texts else one.message_id
        texts[said_as] = one.text.strip()
        if one.category is not None and not (category is not None and understood(category)):
            category = one.category
        where = _place(where, one.place, lies_somewhere)
    words = [text for text in texts.values() if text]
    first = texts[message.message_id] or (words[0] if words else "")
    found = message.model_copy(update={"text": first, "category": category, "place": where})
    return Completed(found, "\n".join(words)[:MOST_CHARACTERS])


def _place(known: Place, given: Place, lies_somewhere: Callable[[Place], bool]) -> Place:
    """A point is taken where there is none that lies in a region, an address where there is none."""
    address = known.address if known.address is not None else given.address
    point = given if _has_point(given) and not lies_somewhere(known) else known
    return Place(lat=point.lat, lon=point.lon, address=address)


def _has_point(given: Place) -> bool:
    return given.lat is not None and given.lon is not None


def of_route(route: Route, held: Iterable[Held], incoming: Incoming, context: RoutingContext) -> Completed:
    """Of a case that waits."""
    assert route.message is not None
    message = MessageRegistered.model_validate_json(route.message)
    rulebook = context.rulebook(NATIONAL, incoming.time)
    return completed(
        message, later_messages(held),
        lambda given: category_of(given, rulebook, NO_UNIT)[0] is not None,
        lambda given: located(given, route.message_time, context) is not None,
        incoming.people,
    )  # fmt: skip


def placed_by_more(
    added: MessageAdded,
    route: Route,
    held: Iterable[Held],
    incoming: Incoming,
    context: RoutingContext,
    before: Completed | None = None,
) -> tuple[Placed | None, tuple[RoutingEvent, ...]]:
    """Where the rules place the case now that the citizen said more; None where a person still must say, who is shown
    all that has come. `held` ends with what was added; `before` is what was known, where that is not all but this."""
    held = tuple(held)
    before = before or of_route(route, held[:-1], incoming, context)
    now = of_route(route, held, incoming, context)
    if before == now:
        return None, ()
    message = now.message
    words = now.words_for(context)
    spoken = message_place(message, words, route.message_time, context, rules_at=incoming.time)
    where = spoken.where
    rulebook = context.rulebook(layer_for(where), incoming.time)
    whole = message.model_copy(update={"text": now.words})
    unit = Unit(message.case_id, where.area if where is not None else None)
    parts = cache(lambda: suggested_parts(whole, rulebook, unit, context))
    placed = place(
        message.case_id, message.category, where, rulebook, has_point=_has_point(message.place), words=words,
        matter=found_with(words, message.case_id, where, rulebook),
        about_several=lambda: bool(parts()), warned=incoming.warned_at(spoken.place),
    )  # fmt: skip
    if isinstance(placed, Unplaced):
        shown = TriageSupplemented(
            case_id=message.case_id, message_id=added.message_id, text=now.words, category=message.category,
            place=message.place, reason=placed.reason, missing=placed.missing, candidates=placed.candidates,
            because=placed.because, release=rulebook.release, places=spoken.candidates,
            parts=parts(), authority_by_rules=placed.authority, category_by_rules=placed.category,
            area=placed.area,
        )  # fmt: skip
        return None, (RoutingEvent(TRIAGE, shown, rulebook.release),)
    told = TriageAnswered(
        case_id=message.case_id, region=placed.where.region, area=placed.where.area, category=placed.category,
        authority=placed.authority, actor=message.citizen, completed=True,
    )  # fmt: skip
    placed = replace(placed, because=(*spoken.because, *placed.because))
    message = message.model_copy(update={"place": spoken.place})
    return placed, (
        RoutingEvent(TRIAGE, told, rulebook.release),
        assigned(message, placed, rulebook, by_hand=False),
    )
