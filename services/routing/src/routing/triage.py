"""What a person may say about a case that no rule could place, and what becomes of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import (
    AnswerTriage,
    DeclineTriage,
    RoutingCommandRefused,
    SplitTriage,
    TriageAnswered,
    TriageDeclined,
)
from common.contracts.refusals import Reason, coded
from common.contracts.rights import denial
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.located import located
from common.rulebook.message_text.spoken_place import SpokenPlace, message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import BY_HAND, Placed, TriageWord, Unplaced, Where, layer_for, named_authority, place

from routing.assignment import assigned
from routing.matters import found_with
from routing.model import TRIAGE, Incoming, Route, RoutedCase, RoutingContext, RoutingDecision, RoutingEvent


def refusal(
    command: AnswerTriage | DeclineTriage | SplitTriage,
    incoming: Incoming,
    route: Route | None,
    context: RoutingContext,
) -> str | None:
    """Why the command is not carried out, whatever it says; None when it may be."""
    if incoming.refused is not None:
        return incoming.refused
    region = _region_of(command, route, context)
    no = denial(context.country, command.actor, type(command), region=region)
    if no is not None:
        return no
    if route is None:
        return Reason("no_such_case", f"case {command.case_id} is not known here")
    if not route.waiting:
        return Reason("not_in_triage", f"case {command.case_id} does not wait in triage")
    return None


def refuse(
    command: AnswerTriage | DeclineTriage | SplitTriage, incoming: Incoming, case: RoutedCase, reason: str
) -> RoutingDecision:
    """The case as it was, and the refusal as an event."""
    event = RoutingCommandRefused(
        case_id=command.case_id, command=command.type, command_id=incoming.id, **coded(reason)
    )  # fmt: skip
    return RoutingDecision(case, (RoutingEvent(TRIAGE, event),))


def declined(command: DeclineTriage) -> RoutingEvent:
    """The case is nobody's to answer."""
    event = TriageDeclined(case_id=command.case_id, reason=command.reason, actor=command.actor.id)
    return RoutingEvent(TRIAGE, event)


def answer(
    command: AnswerTriage,
    message: MessageRegistered,
    words: MessageWords,
    route: Route,
    incoming: Incoming,
    context: RoutingContext,
) -> tuple[Placed, tuple[RoutingEvent, ...]] | str:
    """Where the person and the rules place the case; the reason when it still cannot be placed. `message` is the first
    one with what was added to it, `words` are all that were said."""
    named = context.country.authority(command.authority) if command.authority is not None else None
    if command.authority is not None and named is None:
        prose = f"there is no authority {command.authority!r}"
        return Reason("no_such_authority", prose, authority=command.authority)
    if command.category is not None and not context.country.has_category(command.category):
        prose = f"there is no category {command.category!r}"
        return Reason("no_such_category", prose, category=command.category)
    spoken = _spoken(command, message, words, route.message_time, incoming, context)
    where = spoken.where if isinstance(spoken, SpokenPlace) else None
    if isinstance(spoken, str) or where is None:
        return spoken if isinstance(spoken, str) else _nowhere(spoken.place)
    if named is not None and not named.serves(where.region):
        prose = f"authority {named.id!r} does not serve region {where.region!r}"
        return Reason("not_for_region", prose, authority=named.id, region=where.region)
    rulebook = context.rulebook(layer_for(where), incoming.time)
    said = TriageWord(command.category, command.authority)
    matter = found_with(words, message.case_id, where, rulebook)
    placed = place(
        message.case_id, message.category, where, rulebook, said, words=words, matter=matter,
        warned=incoming.warned_at(spoken.place),
    )  # fmt: skip
    if isinstance(placed, Unplaced):
        prose = f"it still cannot be placed: {placed.reason.replace('_', ' ')}; say {', '.join(placed.missing)}"
        return Reason("not_placed", prose, why=placed.reason, missing=",".join(placed.missing))
    placed = replace(placed, because=(*spoken.because, *placed.because))
    message = message.model_copy(update={"place": spoken.place})
    told = TriageAnswered(
        case_id=command.case_id, region=where.region, area=where.area, category=placed.category,
        authority=placed.authority, actor=command.actor.id,
    )  # fmt: skip
    return placed, (
        RoutingEvent(TRIAGE, told, rulebook.release),
        assigned(message, placed, rulebook, by_hand=True, by_rules=_by_rules(command, placed, rulebook)),
    )


def _by_rules(command: AnswerTriage, placed: Placed, rulebook: Rulebook) -> str | None:
    """Who the rules name for a case, if the person left that to them, or was shown it: for the category and the place
    with which it came to triage."""
    if command.authority is None:
        return placed.authority
    if command.category is not None or command.area is not None:
        return None
    return named_authority(command.case_id, placed.category, placed.where, rulebook)


def _spoken(
    command: AnswerTriage, message: MessageRegistered, words: MessageWords, at: datetime, incoming: Incoming,
    context: RoutingContext,
) -> SpokenPlace | Reason:  # fmt: skip
    """Where it is by the area that the person names, else by the message."""
    if command.area is not None:
        area, region = _area_and_region(command.area, context)
        if area is None or region is None:
            return Reason("no_such_area", f"there is no area {command.area!r}", area=command.area)
        return SpokenPlace(Where(area, region, BY_HAND), message.place)
    return message_place(message, words, at, context, rules_at=incoming.time, said=command.category)


def _nowhere(point: Place) -> Reason:
    if point.lat is None or point.lon is None:
        return Reason("no_point", "the message has no point: say the area")
    return Reason("point_outside", "its point lies in no region: say the area")


def _area_and_region(given: str, context: RoutingContext) -> tuple[str | None, str | None]:
    """The area that a person names, and its region."""
    area = context.country.area_named(given)
    return area, context.country.region_of_area(area) if area is not None else None


def _region_of(
    command: AnswerTriage | DeclineTriage | SplitTriage, route: Route | None, context: RoutingContext
) -> str | None:
    """Whose business the case is: by the area named, else where it went, else by its point.

    One that is nobody's anybody may take: it waits without a point, or was declined, which the order is then told.
    """
    if isinstance(command, AnswerTriage) and command.area is not None:
        return _area_and_region(command.area, context)[1]
    if route is not None and route.region is not None:
        return route.region
    if route is not None and route.message is not None:
        message = MessageRegistered.model_validate_json(route.message)
        found = located(message.place, route.message_time, context)
        if found is not None:
            return found.region
    return command.actor.scope
