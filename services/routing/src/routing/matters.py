"""What follows where a message's words show an emergency, thanks, spam or abuse. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.routing import EmergencyNoticed, MessageForwarded, ThanksReceived, TriageDeclined
from common.rulebook.layers import Rulebook
from common.rulebook.matters import Matter, matter_of
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Placed, Unplaced, Where
from common.rulebook.release import NATIONAL
from common.rulebook.trial import Unit

from routing.assignment import shared
from routing.model import TRIAGE, Incoming, Route, RoutingContext, RoutingEvent

BY_RULE = "routing"
"""Closes where the rules do so."""


def found_in(words: MessageWords, case_id: str, where: Where | None, rulebook: Rulebook) -> Matter | None:
    """What the words of a case show."""
    return matter_of(words, rulebook, Unit(case_id, where.area if where is not None else None))


def found_with(words: MessageWords, case_id: str, where: Where | None, rulebook: Rulebook) -> Matter | None:
    """The same of a case that waits for a person already: thanks beside it change nothing."""
    matter = found_in(words, case_id, where, rulebook)
    return None if matter is not None and matter.then == "thanks" else matter


def noticed(
    message: MessageRegistered | MessageAdded, matter: Matter | None, region: str | None, release: str
) -> tuple[RoutingEvent, ...]:
    """The citizen is to be told at once where to call."""
    if matter is None or matter.kind != "emergency":
        return ()
    event = EmergencyNoticed(
        case_id=message.case_id, message_id=message.message_id, citizen=message.citizen, region=region,
        call=matter.call, because=matter.because,
    )  # fmt: skip
    return (RoutingEvent(TRIAGE, event, release),)


def noticed_later(
    added: MessageAdded, route: Route | None, incoming: Incoming, context: RoutingContext
) -> tuple[RoutingEvent, ...]:
    """The same of what a citizen adds to a case, wherever that is."""
    region = route.region if route is not None else None
    matter, release = found_later(added, region, incoming, context)
    return noticed(added, matter, region, release)


def forwarded(
    added: MessageAdded, region: str, incoming: Incoming, context: RoutingContext
) -> MessageForwarded:  # fmt: skip
    """To the region that has the case, with what the rules say of its priority where the words show an emergency."""
    message = MessageForwarded.model_validate_json(added.model_dump_json())
    matter, _release = found_later(added, region, incoming, context)
    if matter is None or matter.then != "urgent":
        return message
    return message.model_copy(update={"least_priority": matter.priority, "because": matter.because})


def found_later(
    added: MessageAdded, region: str | None, incoming: Incoming, context: RoutingContext
) -> tuple[Matter | None, str]:
    """What the words show that a citizen adds to a case, and by which release."""
    if not added.text.strip():
        return None, ""
    rulebook = context.rulebook(region or NATIONAL, incoming.time)
    message = MessageRegistered(
        message_id=added.message_id, case_id=added.case_id, reference="", channel=added.channel,
        citizen=added.citizen, text=added.text, received_at=added.received_at,
    )  # fmt: skip
    return found_in(MessageWords(message, context), added.case_id, None, rulebook), rulebook.release


def thanks(message: MessageRegistered, placed: Placed | Unplaced, where: Where | None, release: str) -> RoutingEvent:
    """The message is closed as thanks, to whom the rules would have given it."""
    known: Mapping[str, str | None] = (
        {"category": placed.category, "authority": placed.authority} if isinstance(placed, Placed) else {}
    )
    event = ThanksReceived(
        **shared(message), region=where.region if where is not None else None,
        area=where.area if where is not None else None, release=release, because=placed.because,
        synthetic=message.synthetic, **known,
    )  # fmt: skip
    return RoutingEvent(TRIAGE, event, release)


def closed(message: MessageRegistered, matter: Matter, release: str) -> RoutingEvent:
    """By the rules, since people have closed several of that kind from this citizen."""
    event = TriageDeclined(case_id=message.case_id, reason="", actor=BY_RULE, matter=matter.kind)
    return RoutingEvent(TRIAGE, event, release)
