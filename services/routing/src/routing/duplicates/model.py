"""A case as the search for duplicates knows it. Values only."""

from __future__ import annotations

from datetime import datetime

from common.contracts.frozen import value


@value
class KnownCase:
    """A placed case with a point, while it can be one that others are about too."""

    case_id: str
    region: str
    category: str
    citizen: str
    lat: float
    lon: float
    at: datetime
    """When its first message was registered."""
    correlation_id: str
    words: tuple[int, ...] = ()
    """See likeness.words_of; empty once the citizen is erased."""
    into_case: str | None = None
    """The case under which it goes on."""
    suggested: str | None = None
    """The case that it may be a duplicate of."""
    distance_metres: int = 0
    apart_minutes: int = 0
    """Of the suggested one."""
    warning: str | None = None
    """The early warning by which it was suggested."""
    decided: bool = False
    """A person has said whether it is one."""
    siblings: tuple[str, ...] = ()
    """All parts of the message that it is a part of: they are different matters. Not kept: they are placed together,
    or a later one knows the earlier."""


@value
class CasePlaced:
    """A case was given to a region."""

    case: KnownCase


@value
class CaseGone:
    """It goes on under `into_case`, in another region, or not at all."""

    case_id: str
    into_case: str | None
    to_region: str | None
    actor: str


Fact = CasePlaced | CaseGone
