"""What the loops say is coming to an official's region: early warnings that stand, deadlines that will be missed.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.contracts.events.base import Actor
from common.contracts.events.reflex.observations import SHORTFALLS

from portal.item_fold import Item

MOST = 5
"""Of each that are shown; the pages of warnings and forecasts have all."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The newest of both, MOST at most."""

    warnings: Sequence[Item] = ()
    shortfalls: Sequence[Item] = ()
    """Of each authority in a region the last finding, until the day by which it would be short."""

    def __bool__(self) -> bool:
        return bool(self.warnings or self.shortfalls)


NOTHING_COMES = Coming()


def watches(actor: Actor | None) -> bool:
    """Whether something can be a person's own business."""
    return actor is not None and actor.role in ("operator", "regional_head", "federal")


def coming_to(actor: Actor, warnings: Iterable[Item], findings: Iterable[Item], today: date) -> Coming:
    """Both newest first. An operator and a head are shown what concerns their region, the centre everything."""
    standing = [one for one in warnings if one.state == "standing" and _concerns(actor, one.data)]
    last: dict[tuple[Any, Any], Item] = {}
    for one in findings:
        numbers = one.data.get("numbers", {})
        if one.state in SHORTFALLS and _concerns(actor, numbers) and _ahead(numbers, today):
            last.setdefault((numbers.get("region"), numbers.get("authority")), one)
    return Coming(standing[:MOST], list(last.values())[:MOST])


def _concerns(actor: Actor, about: Mapping[str, Any]) -> bool:
    return actor.scope in ("*", about.get("region"))


def _ahead(numbers: Mapping[str, Any], today: date) -> bool:
    try:
        return date.fromisoformat(str(numbers.get("by"))) >= today
    except ValueError:
        return False
