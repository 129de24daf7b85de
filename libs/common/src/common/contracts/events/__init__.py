"""What may be said: a module or a package a stream of topics, frozen models, no I/O."""

from __future__ import annotations

from common.contracts.events import (
    archive,
    channel,
    clock,
    deliberation,
    federal,
    intake,
    operations,
    region,
    routing,
    rules,
)
from common.contracts.events.base import Actor, Because, Command, Event, Instant, Place
from common.contracts.events.reflex import forecasts, mirror, observations, prevention, warnings

__all__ = ["EVENTS", "Actor", "Because", "Command", "Event", "Instant", "Place"]

MODULES = (
    archive, channel, clock, deliberation, federal, forecasts, intake, mirror, observations, operations, prevention,
    region, routing, rules, warnings,
)  # fmt: skip


def _declared() -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for module in MODULES:
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Event) and "type" in vars(item):
                found[item.type] = item
    return found


EVENTS: dict[str, type[Event]] = _declared()
"""Every event and command by its CloudEvents type; a whole event takes the place of its short form, declared before."""
