"""What the loops see."""

from __future__ import annotations

from typing import Any, ClassVar

from common.events.base import Event, Instant


class FindingMade(Event):
    """A loop saw something: an alarm, a cell to clarify, a draft proposed; with its numbers."""

    type: ClassVar[str] = "reflex.finding.made.v1"

    loop: str
    key: str
    kind: str
    """`proposed`, `clarify` or `alarm`."""
    words: str
    numbers: dict[str, Any]
    proposal_id: str | None = None
    found_at: Instant
