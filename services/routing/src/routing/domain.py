"""Where a case goes: one event or command in, the case afterwards and what is to be published out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from common.contracts.events.base import Event, Place
from common.contracts.events.intake import MessageAdded, MessageRegistered, QuestionDelivered, VerdictGiven
from common.contracts.events.region import CaseTransferred
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    ClarificationAsked,
    DeclineTriage,
    QuestionDeliveryForwarded,
    SplitTriage,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.refusals import Reason
from common.contracts.trial import ArmDrawn
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.located import located
from common.rulebook.message_text.several_matters import suggested_parts
from common.rulebook.message_text.spoken_place import message_place
from common.rulebook.message_text.words import MessageWords
from common.rulebook.placement import (
    BY_HAND,
    Unplaced,
    layer_for,
    least_characters,
    place,
    transfer_limits,
    waiting_terms,
)
from common.rulebook.tables import Value
from common.rulebook.trial import Unit

from routing import matters, triage
from routing.assignment import assigned, assignments, shared
from routing.clarification import REPLIES, placed_by_reply
from routing.completion import Completed, later_messages, of_route, placed_by_more
from routing.model import (
    TRIAGE,
    Held,
    Incoming,
    NotTheHolder,
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
    event = incoming.event
    if isinstance(event, MessageRegistered):
        return _register(event, incoming, case, context)
    if isinstance(event, MessageAdded | VerdictGiven | QuestionDelivered):
        return _forward_or_hold(event, incoming, case, context)
    if isinstance(event, AnswerTriage | DeclineTriage | SplitTriage):
        return _carry_out(event, incoming, case, context)
    if isinstance(event, CaseTransferred) and event.to_region is not None:
        return _hand_over(event, event.to_region, incoming, case, context)
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
            parts=suggested_parts(message, rulebook, unit, context),
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
    return _hear_more(later[-1], route, incoming, case, context, before)


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


def _hand_over(
    event: CaseTransferred, to_region: str, incoming: Incoming, case: RoutedCase, context: RoutingContext
) -> RoutingDecision:
    """To another region. The deadline goes on: `due_at` is the one the case had."""
    given, route = event.handed_case, case.route
    if given is None:
        return RoutingDecision(case)
    if route is not None and route.region != event.region:
        raise NotTheHolder(f"region {event.region} hands over a case that is with {route.region or 'nobody'}")
    area = _area_in(given.place, to_region, incoming, context)
    rulebook = context.rulebook(to_region, incoming.time)
    inputs: dict[str, Value] = {"category": given.category, "priority": given.priority}
    unit = Unit(event.case_id, area or None, event.authority, given.arms)
    taken = CaseAssigned(
        case_id=event.case_id, reference=given.reference, message_id=given.message_id, region=to_region, area=area,
        border_set=BY_HAND, authority=event.authority, category=given.category, priority=given.priority,
        answer_minutes=_answer_minutes(inputs, unit, rulebook),
        least_characters=least_characters(rulebook.decide("answer_quality", {"category": given.category}, unit)),
        waiting=waiting_terms(rulebook.decide("waiting", {"category": given.category}, unit)),
        extension_minutes=given.extension_minutes, channel=given.channel, citizen=given.citizen, text=given.text,
        language=given.language, place=given.place, received_at=given.received_at, release=rulebook.release,
        arms=_kept_and_new(inputs, unit, rulebook), by_hand=True, handed_over_from=event.region, due_at=given.due_at,
        synthetic=event.synthetic,
        limits=transfer_limits(rulebook.decide("disputes", {"category": given.category}, unit)),
        hand_overs=given.hand_overs, settled_by=given.settled_by, part_of=given.part_of,
    )  # fmt: skip
    routed = case if route is None else replace(case, route=replace(route, region=to_region))
    return RoutingDecision(routed, (RoutingEvent(assignments(to_region), taken, rulebook.release),))


def _answer_minutes(inputs: Mapping[str, Value], unit: Unit, rulebook: Rulebook) -> int:
    """By the new region's rules: what a reopened case gets; 0 where they do not say."""
    deadline = rulebook.decide("deadline", inputs, unit)
    return int(deadline.outputs["answer_minutes"]) if deadline is not None else 0


def _kept_and_new(inputs: Mapping[str, Value], unit: Unit, rulebook: Rulebook) -> tuple[ArmDrawn, ...]:
    """Arms of the first assignment, which stay, and one of a trial that the new region's deadline concerns."""
    arm = rulebook.arm("deadline", inputs, unit)
    return unit.kept if arm is None or arm in unit.kept else (*unit.kept, arm)


def _area_in(point: Place, region: str, incoming: Incoming, context: RoutingContext) -> str:
    """The area of the point if it lies in the region; empty where nobody knows."""
    found = located(point, incoming.time, context)
    return found.area if found is not None and found.region == region else ""
