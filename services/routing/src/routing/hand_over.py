"""A case that one region hands over to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from common.contracts.events.base import Place
from common.contracts.events.region import CaseTransferred
from common.contracts.events.routing import CaseAssigned
from common.contracts.trial import ArmDrawn
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.located import located
from common.rulebook.placement import BY_HAND, least_characters, transfer_limits, waiting_terms
from common.rulebook.tables import Value
from common.rulebook.trial import Unit

from routing.assignment import assignments
from routing.model import Incoming, NotTheHolder, RoutedCase, RoutingContext, RoutingDecision, RoutingEvent


def handed_over(
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
