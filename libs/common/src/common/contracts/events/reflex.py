"""What the loops see."""

from __future__ import annotations

from typing import Any, ClassVar

from common.contracts.events.base import Event, Instant


class FindingMade(Event):
    """A loop saw something: an alarm, a cell to clarify, a draft proposed; with its numbers."""

    type: ClassVar[str] = "reflex.finding.made.v1"

    loop: str
    key: str
    kind: str
    """`proposed`, `clarify` or `alarm`; of the loop itself `stopped` (it failed) or `resumed`."""
    words: str
    numbers: dict[str, Any]
    proposal_id: str | None = None
    found_at: Instant


class CellObserved(Event):
    """The hint for a dispatcher: where the last cases of a category in an area ended, before any rule is changed.

    Published when it changes and any of those cases ended elsewhere than the rule says. It is the whole state: the
    last one about a cell replaces those before it.
    """

    type: ClassVar[str] = "reflex.cell.observed.v1"

    loop: str
    category: str
    area: str
    region: str
    authority: str
    """Whom the rule names."""
    ends: tuple[str, ...]
    """Authorities that had the last cases three working days after their assignment, newest last; at most six."""
    observed_at: Instant
