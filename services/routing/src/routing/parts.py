"""A message about several matters: how a person divides it in triage, and where its parts go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from common.contracts.events.base import Place
from common.contracts.events.intake import MessageRegistered, VerdictGiven
from common.contracts.events.routing import MessageSplit, PlaceCandidate, SplitTriage, TriageRequested
from common.contracts.parts import FEWEST, LONGEST, MOST, Part
from common.contracts.refusals import Reason
from common.contracts.rights import denial
from common.rulebook.message_text.located import located
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import BY_HAND, Placed, TriageWord, Unplaced, Where, layer_for, place

from routing.assignment import assigned, shared
from routing.matters import found_with
from routing.model import TRIAGE, Held, Incoming, Route, RoutingContext, RoutingEvent


def divided(
    command: SplitTriage, message: MessageRegistered, route: Route, held: Iterable[Held], context: RoutingContext
) -> RoutingEvent | Reason:  # fmt: skip
    """The message in parts, or why it stays whole. `message` is the first one with what was added to it."""
    reason = (
        _whole(message, held)
        or _count(command.parts)
        or next((no for part in command.parts if (no := _refusal(part, command, message, route, context))), None)
    )
    if reason is not None:
        return reason
    parts = tuple(part.model_copy(update={"text": part.text.strip()}) for part in command.parts)
    event = MessageSplit(
        case_id=message.case_id, reference=message.reference, message_id=message.message_id, channel=message.channel,
        citizen=message.citizen, received_at=message.received_at, place=message.place, parts=parts,
        actor=command.actor.id, synthetic=message.synthetic,
    )  # fmt: skip
    return RoutingEvent(TRIAGE, event)


def _whole(message: MessageRegistered, held: Iterable[Held]) -> Reason | None:
    """Why a message may not be divided, whatever its parts are."""
    if message.part_of is not None:
        return Reason("part_already", "it is a part of a message that was divided: place it, or decline it")
    for one in held:
        if one.kind == VerdictGiven.type and VerdictGiven.model_validate_json(one.body).verdict == "withdrawn":
            return Reason("taken_back", "its citizen took it back: decline it")
    return None


def _count(parts: Sequence[Part]) -> Reason | None:
    if FEWEST <= len(parts) <= MOST:
        return None
    prose = f"a message is divided into {FEWEST} to {MOST} parts, not {len(parts)}"
    return Reason("number_of_parts", prose, fewest=str(FEWEST), most=str(MOST))


def _refusal(
    part: Part, command: SplitTriage, message: MessageRegistered, route: Route, context: RoutingContext
) -> Reason | None:  # fmt: skip
    country = context.country
    if not part.text.strip():
        return Reason("nothing_said", "every part needs words", field="text")
    if len(part.text) > LONGEST:
        return Reason("too_long", f"a part has {LONGEST} characters at most", field="text", most=str(LONGEST))
    if part.category is not None and not country.has_category(part.category):
        return Reason("no_such_category", f"there is no category {part.category!r}", category=part.category)
    named = country.authority(part.authority) if part.authority is not None else None
    if part.authority is not None and named is None:
        return Reason("no_such_authority", f"there is no authority {part.authority!r}", authority=part.authority)
    area, region = None, None
    if part.area is not None:
        area = country.area_named(part.area)
        region = country.region_of_area(area) if area is not None else None
        if region is None:
            return Reason("no_such_area", f"there is no area {part.area!r}", area=part.area)
        denied = denial(country, command.actor, SplitTriage, region=region)
        if denied is not None:
            return denied
    else:
        found = located(part.place or message.place, route.message_time, context)
        region = found.region if found is not None else None
    if named is not None and region is not None and not named.serves(region):
        prose = f"authority {named.id!r} does not serve region {region!r}"
        return Reason("not_for_region", prose, authority=named.id, region=region)
    return None


def placed_part(
    part: MessageRegistered, incoming: Incoming, context: RoutingContext
) -> tuple[Placed | None, tuple[RoutingEvent, ...]]:
    """Where a part goes by the word of the person who divided the message, the rules and the borders; None where
    somebody must look at it again.

    Its citizen was told where to call when the whole message came; a person has looked at it, so nothing closes it and
    nothing waits for a confirmation.
    """
    word = part.placed_as
    assert word is not None
    words = MessageWords(part, context)
    spoken = message_place(part, words, incoming.time, context, rules_at=incoming.time, said=word.category)
    where = _area(word.area, context) if word.area is not None else spoken.where
    found = part if word.area is not None else part.model_copy(update={"place": spoken.place})
    rulebook = context.rulebook(layer_for(where), incoming.time)
    said = TriageWord(word.category, _serving(word.authority, where, context))
    matter = found_with(words, part.case_id, where, rulebook)
    has_point = _has_point(part.place)
    placed = place(
        part.case_id, part.category, where, rulebook, said, has_point=has_point, words=words, matter=matter,
        warned=incoming.warned_at(found.place),
    )  # fmt: skip
    if isinstance(placed, Placed):
        because = (*spoken.because, *placed.because) if word.area is None else placed.because
        by_rules = placed.authority if said.authority is None else None
        told = assigned(found, replace(placed, because=because), rulebook, by_hand=True, by_rules=by_rules)
        return placed, (told,)
    return None, (_asked(part, placed, spoken.candidates, rulebook.release),)


def _asked(part: MessageRegistered, found: Unplaced, places: tuple[PlaceCandidate, ...], release: str) -> RoutingEvent:
    urgent = found.matter is not None and found.matter.then == "urgent"
    asked = TriageRequested(
        **shared(part), category=part.category, place=part.place, reason=found.reason, missing=found.missing,
        release=release, candidates=found.candidates, because=found.because, places=places,
        matter=found.matter.kind if found.matter is not None else None,
        priority=found.matter.priority if urgent and found.matter is not None else 0, part_of=part.part_of,
        authority_by_rules=found.authority, category_by_rules=found.category, area=found.area,
    )  # fmt: skip
    return RoutingEvent(TRIAGE, asked, release)


def _area(given: str, context: RoutingContext) -> Where | None:
    """None for one that the federation has no more."""
    area = context.country.area_named(given)
    region = context.country.region_of_area(area) if area is not None else None
    return Where(area, region, BY_HAND) if area is not None and region is not None else None


def _serving(authority: str | None, where: Where | None, context: RoutingContext) -> str | None:
    """The named authority, where it serves the region; else the rules say."""
    named = context.country.authority(authority) if authority is not None else None
    return authority if named is not None and where is not None and named.serves(where.region) else None


def _has_point(given: Place) -> bool:
    return given.lat is not None and given.lon is not None
