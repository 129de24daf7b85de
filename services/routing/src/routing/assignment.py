"""A placed case as its region is told of it."""

from __future__ import annotations

from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import CaseAssigned
from common.rulebook.layers import Rulebook
from common.rulebook.placement import Placed

from routing.model import RoutingEvent


def assignments(region: str) -> str:
    """The topic on which a region is given cases."""
    return f"region.{region}.assignments"


def assigned(message: MessageRegistered, placed: Placed, rulebook: Rulebook, *, by_hand: bool) -> RoutingEvent:
    """The case to its region, with what decided it."""
    where = placed.where
    event = CaseAssigned(
        **shared(message), region=where.region, area=where.area, border_set=where.border_set,
        authority=placed.authority, category=placed.category, priority=placed.priority,
        answer_minutes=placed.answer_minutes, extension_minutes=placed.extension_minutes,
        least_characters=placed.least_characters, waiting=placed.waiting, language=message.language,
        place=message.place, release=rulebook.release, because=placed.because, arms=placed.arms, by_hand=by_hand,
        synthetic=message.synthetic, matter=placed.matter.kind if placed.matter is not None else None,
        limits=placed.limits, part_of=message.part_of,
    )  # fmt: skip
    return RoutingEvent(assignments(where.region), event, rulebook.release)


def shared(message: MessageRegistered) -> dict[str, object]:
    """What every event about a message repeats."""
    names = ("case_id", "reference", "message_id", "channel", "citizen", "text", "received_at")
    return {name: getattr(message, name) for name in names}
