"""A placed case as its region is told of it."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned, CaseWarned
from common.rulebook.layers import Rulebook
from common.rulebook.placement import Placed

from routing.model import TRIAGE, Incoming, RoutingDecision, RoutingEvent


def assignments(region: str) -> str:
    """The topic on which a region is given cases."""
    return f"region.{region}.assignments"


def assigned(
    message: MessageRegistered, placed: Placed, rulebook: Rulebook, *, by_hand: bool, by_rules: str | None = None
) -> RoutingEvent:
    """The case to its region, with what decided it; `by_rules`: who the rules name for a case that a person placed."""
    where = placed.where
    event = CaseAssigned(
        **shared(message), region=where.region, area=where.area, border_set=where.border_set,
        authority=placed.authority, category=placed.category, priority=placed.priority,
        answer_minutes=placed.answer_minutes, extension_minutes=placed.extension_minutes,
        least_characters=placed.least_characters, waiting=placed.waiting, language=message.language,
        place=message.place, release=rulebook.release, because=placed.because, arms=placed.arms, by_hand=by_hand,
        synthetic=message.synthetic, matter=placed.matter.kind if placed.matter is not None else None,
        limits=placed.limits, part_of=message.part_of, authority_by_rules=by_rules,
    )  # fmt: skip
    return RoutingEvent(assignments(where.region), event, rulebook.release)


def with_warnings(decision: RoutingDecision, incoming: Incoming) -> RoutingDecision:
    """With word of the early warnings that new cases given to a region are in the circle of."""
    words = [word for one in decision.events if (word := _warned(one, incoming)) is not None]
    return replace(decision, events=(*decision.events, *words)) if words else decision


def _warned(said: RoutingEvent, incoming: Incoming) -> RoutingEvent | None:
    """None also for a case that another region hands over, which is not new."""
    case = said.event
    if not isinstance(case, CaseAssigned) or case.handed_over_from is not None:
        return None
    found = incoming.warned_at(case.place)(case.region, case.category)
    if found is None:
        return None
    word = CaseWarned(
        case_id=case.case_id, region=case.region, category=case.category, warning_id=found.warning_id
    )  # fmt: skip
    return RoutingEvent(TRIAGE, word, said.release)


def shared(message: MessageRegistered) -> dict[str, object]:
    """What every event about a message repeats."""
    names = ("case_id", "reference", "message_id", "channel", "citizen", "text", "received_at")
    return {name: getattr(message, name) for name in names}
