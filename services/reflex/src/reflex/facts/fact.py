"""What any fact is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple

from common.contracts.envelope import Envelope
from common.contracts.events.base import Event, Instant
from pydantic import BaseModel, ConfigDict

NOT_COPIED = ("id", "at", "point", "rows")
"""Fields of facts that their events have in another form."""
TABLES_OF_ROWS = ("jurisdiction", "deadline")


class Point(NamedTuple):
    """Degrees of WGS 84."""

    lat: float
    lon: float


class Fact(BaseModel):
    """One event: its wire type, its envelope's id and time (in UTC), and those of its fields that the class names."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event: ClassVar[type[Event]]
    """The model by which the record is read."""

    id: str
    at: Instant

    @classmethod
    def values(cls, event: Event, envelope: Envelope) -> dict[str, Any]:
        """What the fact of an event of this class's type holds; nothing where it is empty."""
        names, values = _copied(cls)
        found = {name: value for name, value in zip(names, values(event), strict=True) if value is not None}
        return {**found, "id": envelope.id, "at": envelope.time}


@cache
def _copied(kind: type[Fact]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]:
    """The fields that a fact has from its event, and how to take them all at once."""
    names = tuple(name for name in kind.model_fields if name not in NOT_COPIED)
    return names, attrgetter(*names)
