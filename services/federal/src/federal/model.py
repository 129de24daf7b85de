"""What the centre keeps of a case, and the ladder it climbs. Values only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from common.contracts.events.base import Because, Event
from common.contracts.frozen import value
from common.contracts.trial import ArmDrawn

NOT_PLACED = 0
"""Level and priority of a case that nobody holds: no rule has given it a priority yet."""

Recipient = Literal["triage", "authority_head", "regional_head", "federal"]


class Calendar(Protocol):
    """Working time: minutes are working minutes, datetimes are UTC."""

    def add(self, start: datetime, minutes: int) -> datetime: ...
    def minutes_between(self, a: datetime, b: datetime) -> int: ...


@value
class Rung:
    """One level of the ladder for one priority, by the release that judges the case. Minutes are working minutes.

    Level 0 is of a case that nobody holds: `after_minutes` from its receipt it must be placed.
    """

    after_minutes: int
    to: Recipient
    directive: bool
    directive_minutes: int = 0
    """How long the region has to answer the directive."""
    because: tuple[Because, ...] = ()
    arms: tuple[ArmDrawn, ...] = ()


@value
class Watched:
    """A case as the centre sees it. `level` is the highest one reached since its clock began."""

    case_id: str
    region: str | None
    authority: str | None
    priority: int
    due_at: datetime
    level: int
    next_at: datetime | None
    open: bool
    overdue: bool
    waiting_since: datetime | None
    since: datetime
    last_at: datetime
    release: str
    correlation_id: str


@value
class Directive:
    """An order to a region that has not been fulfilled."""

    directive_id: str
    case_id: str
    region: str
    answer_by: datetime
    closed_at: datetime | None = None


@value
class FederalContext:
    """What decisions may know beyond the case: working time by region (None: the nation's) and the ladder."""

    calendar: Callable[[str | None], Calendar]
    rung: Callable[[Watched, int, datetime], Rung | None]
    """(case, level, now) -> the rung, or None where the ladder ends."""


@value
class FederalEvent:
    """One event of a decision with its own time, and on which topic it goes."""

    event: Event
    at: datetime
    topic: Literal["federal.escalations", "federal.directives"]


@value
class FederalDecision:
    """The case and the directives that changed, and what is to be published."""

    case: Watched | None
    directives: tuple[Directive, ...] = ()
    events: tuple[FederalEvent, ...] = ()
