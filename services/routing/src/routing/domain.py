"""Where a case goes: one event or command in, the case afterwards and what is to be published out. Pure."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.base import Event
from common.contracts.events.intake import MessageAdded, MessageRegistered, QuestionDelivered, VerdictGiven
from common.contracts.events.region import CaseTransferred
from common.contracts.events.routing import (
    AnswerTriage,
    ClarificationAsked,
    DeclineTriage,
    QuestionDeliveryForwarded,
    SplitTriage,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.refusals import Reason
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import Unplaced, layer_for, place
from common.rulebook.trial import Unit

from routing import matters, triage
from routing.assignment import assigned, assignments, shared, with_warnings
from routing.clarification import REPLIES, placed_by_reply
from routing.completion import Completed, later_messages, of_route, placed_by_more
from routing.hand_over import handed_over
from routing.model import (
    TRIAGE,
    Held,
    Incoming,
    Route,
    RoutedCase,
    RoutingContext,
    RoutingDecision,
    RoutingEvent,
)
from routing.parts import divided, placed_part
from routing.people import NOBODY_ELSE

HANDLED = (
    MessageRegistered,
    MessageAdded,
    VerdictGiven,
    QuestionDelivered,
    AnswerTriage,
    DeclineTriage,
    SplitTriage,
    CaseTransferred,
)

FORWARDED: dict[str, type[Event]] = {
    VerdictGiven.type: VerdictForwarded,
    QuestionDelivered.type: QuestionDeliveryForwarded,
}
"""What a region gets of intake's other events than messages, by their wire types."""


def decide(case: RoutedCase, incoming: Incoming, context: RoutingContext) -> RoutingDecision:
    """Decide one record about one case.

    Raises NotTheHolder, ReleaseMissing while what is in force is not known here yet, and ModelMissing.
    """
    return with_warnings(_decide(case, incoming, context), incoming)


def _decide(case: RoutedCase, incoming: Incoming, context: RoutingContext) -> RoutingDecision:
    event = incoming.event
    if isinstance(event, MessageRegistered):
        return _register(event, incoming, case, context)
    if isinstance(event, MessageAdded | VerdictGiven | QuestionDelivered):
        return _forward_or_hold(event, incoming, case, context)
    if isinstance(event, AnswerTriage | DeclineTriage | SplitTriage):
        return _carry_out(event, incoming, case, context)
    if isinstance(event, CaseTransferred) and event.to_region is not None:
        return handed_over(event, event.to_region, incoming, case, context)
    return RoutingDecision(case)


def _register(
    message: MessageRegistered, incoming: Incoming, case: RoutedCase, context: RoutingContext
) -> RoutingDecision:
    """A case's first message: it is placed by the rules, or a person is asked."""
    if message.placed_as is not None:
        placed_by_hand, said = placed_part(message, incoming, context)
        region = placed_by_hand.where.region if placed_by_hand is not None else None
        return RoutingDecision(replace(case, route=_route(message, incoming, region)), said)
    point = message.place
    has_point = point.lat is not None and point.lon is not None
    words = MessageWords(message, context, incoming.repeats)
    spoken = message_place(message, words, incoming.time, context, rules_at=incoming.time)
    where = spoken.where
    rulebook = context.rulebook(layer_for(where), incoming.time)
    matter = matters.found_in(words, message.case_id, where, rulebook)
    unit = Unit(message.case_id, where.area if where is not None else None)
    placed = place(
        message.case_id, message.category, where, rulebook, has_point=has_point, words=words, matter=matter,
        about_several=lambda: bool(suggested_parts(message, rulebook, unit, context)),
        warned=incoming.warned_at(spoken.place),
    )  # fmt: skip
    if matter is not None and matter.then == "thanks":
        ended = _ended(message, incoming)
        return RoutingDecision(replace(case, route=ended), (matters.thanks(message, placed, where, rulebook.release),))
    first = matters.noticed(message, matter, where.region if where is not None else None, rulebook.release)
    if isinstance(placed, Unplaced):
        asked = TriageRequested(
            **shared(message), category=message.category, place=point, reason=placed.reason, missing=placed.missing,
            release=rulebook.release, candidates=placed.candidates, because=placed.because, places=spoken.candidates,
            matter=matter.kind if matter is not None else None,
            priority=matter.priority if matter is not None and matter.then == "urgent" else 0,
            parts=suggested_parts(message, rulebook, unit, context), authority_by_rules=placed.authority,
            category_by_rules=placed.category, area=placed.area,
        )  # fmt: skip
        events = [*first, RoutingEvent(TRIAGE, asked, rulebook.release)]
        if matter is not None and matter.then == "closes":
            ended = _ended(message, incoming)
            return RoutingDecision(
                replace(case, route=ended), (*events, matters.closed(message, matter, rulebook.release))
            )
        if placed.choices:
            question = ClarificationAsked(case_id=message.case_id, choices=placed.choices)
            events.append(RoutingEvent(TRIAGE, question, rulebook.release))
        waiting = replace(_route(message, incoming, None), choices=placed.choices)
        return RoutingDecision(replace(case, route=waiting), tuple(events))
    routed = RoutedCase(_route(message, incoming, placed.where.region), case.held)
    if spoken.place is not point:
        message = message.model_copy(update={"place": spoken.place})
    if spoken.because:
        placed = replace(placed, because=(*spoken.because, *placed.because))
    return RoutingDecision(routed, (*first, assigned(message, placed, rulebook, by_hand=False)))


def _route(message: MessageRegistered, incoming: Incoming, region: str | None) -> Route:
    waits = region is None
    return Route(
        message.case_id, region, waits, message.model_dump_json() if waits else None, incoming.time,
        incoming.correlation_id,
    )  # fmt: skip


def _ended(message: MessageRegistered, incoming: Incoming) -> Route:
    """Closed by the rules."""
    return _spoken_of(message, _route(message, incoming, None))


def _spoken_of(message: MessageRegistered, route: Route) -> Route:
    """Without a case: what its citizen says there next, before intake hears of it, is taken as a first message."""
    wordless = message.model_copy(update={"text": "", "part_of": None, "placed_as": None})
    return replace(route, waiting=False, message=wordless.model_dump_json(), choices=())


def _forward_or_hold(
    event: MessageAdded | VerdictGiven | QuestionDelivered, incoming: Incoming, case: RoutedCase,
    context: RoutingContext,
) -> RoutingDecision:  # fmt: skip
    """To the case's region, or kept until a person or the citizen's reply has placed it; a case that was declined
    hears no more."""
    said = Held(event.case_id, event.type, event.model_dump_json())
    route = case.route
    if route is not None and route.message is not None and not route.waiting and isinstance(event, MessageAdded):
        return _register(_as_first(event, route.message), incoming, case, context)
    first = matters.noticed_later(event, route, incoming, context) if isinstance(event, MessageAdded) else ()
    if route is not None and route.region is not None:
        return RoutingDecision(case, (*first, _forwarded(said, route.region, incoming, context)))
    if route is None or route.waiting:
        waiting = replace(case, held=(*case.held, said))
        if route is not None and isinstance(event, MessageAdded):
            found = _hear_more(event, route, incoming, waiting, context)
            return replace(found, events=(*first, *found.events))
        return RoutingDecision(waiting, first)
    return RoutingDecision(case)


def heard_as_one(case: RoutedCase, incoming: Incoming, context: RoutingContext) -> RoutingDecision:
    """A case that waits, once it is known that its citizen and others who spoke in it are one: what these said counts,
    as if that had been known when it came."""
    route, later = case.route, later_messages(case.held)
    if route is None or route.message is None or not route.waiting or not later:
        return RoutingDecision(case)
    before = of_route(route, case.held, replace(incoming, people=NOBODY_ELSE), context)
    return with_warnings(_hear_more(later[-1], route, incoming, case, context, before), incoming)


def _as_first(added: MessageAdded, message: str) -> MessageRegistered:
    ended = MessageRegistered.model_validate_json(message)
    names = ("message_id", "citizen", "text", "category", "place", "received_at")
    return ended.model_copy(update={name: getattr(added, name) for name in names})


def _hear_more(
    added: MessageAdded, route: Route, incoming: Incoming, case: RoutedCase, context: RoutingContext,
    before: Completed | None = None,
) -> RoutingDecision:  # fmt: skip
    """Perhaps the answer to the question which category it is, or what was missing; the last of `case.held` is the
    message itself."""
    found = placed_by_reply(added, route, incoming, context) if route.choices else None
    placed, events = found or placed_by_more(added, route, case.held, incoming, context, before)
    if placed is None:
        replies = sum(held.kind == MessageAdded.type for held in case.held)
        asked = replace(case, route=replace(route, choices=())) if route.choices and replies >= REPLIES else case
        return RoutingDecision(asked, events)
    region = placed.where.region
    routed = RoutedCase(replace(route, region=region, waiting=False, message=None, choices=()))
    return RoutingDecision(routed, (*events, *(_forwarded(held, region, incoming, context) for held in case.held)))


def _forwarded(held: Held, region: str, incoming: Incoming, context: RoutingContext) -> RoutingEvent:
    if held.kind == MessageAdded.type:
        added = MessageAdded.model_validate_json(held.body)
        return RoutingEvent(assignments(region), matters.forwarded(added, region, incoming, context))
    return RoutingEvent(assignments(region), FORWARDED[held.kind].model_validate_json(held.body))


def _carry_out(
    command: AnswerTriage | DeclineTriage | SplitTriage, incoming: Incoming, case: RoutedCase, context: RoutingContext
) -> RoutingDecision:
    """A person's word on a case in triage."""
    route = case.route
    reason = triage.refusal(command, incoming, route, context)
    if reason is not None or route is None:
        return triage.refuse(command, incoming, case, reason or "unknown case")
    ended = RoutedCase(replace(route, waiting=False, message=None, choices=()))
    if isinstance(command, DeclineTriage):
        return RoutingDecision(replace(ended, held=case.held), (triage.declined(command),))
    said = of_route(route, case.held, incoming, context)
    if isinstance(command, SplitTriage):
        split = divided(command, said.message, route, case.held, context)
        if isinstance(split, Reason):
            return triage.refuse(command, incoming, case, split)
        return RoutingDecision(RoutedCase(_spoken_of(said.message, route)), (split,))
    found = triage.answer(command, said.message, said.words_for(context), route, incoming, context)
    if isinstance(found, str):
        return triage.refuse(command, incoming, case, found)
    placed, events = found
    region = placed.where.region
    routed = RoutedCase(replace(route, region=region, waiting=False, message=None, choices=()))
    return RoutingDecision(routed, (*events, *(_forwarded(held, region, incoming, context) for held in case.held)))
