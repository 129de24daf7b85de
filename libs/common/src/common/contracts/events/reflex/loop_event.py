"""What all events that loops say have in common."""

from __future__ import annotations

from typing import ClassVar

from common.contracts.events.base import Event


class LoopEvent(Event):
    """Knows its topic and the key of its record, so that whoever publishes what loops say need not know the kinds."""

    topic: ClassVar[str]
    """Logical name; the catalogue lists the event there."""

    def record_key(self, loop: str) -> str:
        """The key under which the loop of that name says it."""
        raise NotImplementedError

    def correlation_id(self) -> str | None:
        """None where it belongs to what caused it, a tick."""
        return None
