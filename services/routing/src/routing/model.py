"""A case as routing knows it, what a decision about it may know, and what it gives back. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Protocol

from common.contracts.events.base import Event, Place
from common.contracts.frozen import value
from common.contracts.rights import HasPeople
from common.rulebook.layers import Rulebook
from common.rulebook.message_text.context import Places, Read, nothing_read
from common.rulebook.placement import WarnedOf

from routing.early_warnings import NO_WARNINGS, EarlyWarnings
from routing.people import NOBODY_ELSE, People

TRIAGE = "routing.triage"


@value
class Route:
    """Where a case went: to `region`, or to wait in triage."""

    case_id: str
    region: str | None
    waiting: bool
    message: str | None
    """Its first message as JSON, while it waits: a placed case's region has it."""
    message_time: datetime
    correlation_id: str
    choices: tuple[str, ...] = ()
    """Categories between which the citizen was asked to choose; empty when a reply is waited for no more."""


@value
class Held:
    """A later message or verdict of a case that is not placed yet: its wire type and body."""

    case_id: str
    kind: str
    body: str


@value
class RoutedCase:
    """A case: no route before its first message. `held` waits, in order of arrival."""

    route: Route | None = None
    held: tuple[Held, ...] = ()


@value
class Incoming:
    """What came: its id, the chain it belongs to, its time, and why a command may not even be considered."""

    id: str
    correlation_id: str
    time: datetime
    event: Event
    refused: str | None = None
    repeats: Mapping[str, int] = field(default_factory=dict)
    """How many messages of the citizen people have closed, by the kind of table `matters` that they were taken for."""
    people: People = NOBODY_ELSE
    """Which pseudonyms in it, and in the case, are one person's."""
    warnings: EarlyWarnings = NO_WARNINGS

    def warned_at(self, place: Place) -> WarnedOf:
        """The early warning that a point is in the circle of now, by region and category."""
        return lambda region, category: self.warnings.warned(region, category, place.lat, place.lon, self.time)


class Serves(Protocol):
    """An authority."""

    @property
    def id(self) -> str: ...
    def serves(self, region: str) -> bool: ...


class Country(HasPeople, Places, Protocol):
    """What routing asks of the federation."""

    def authority(self, authority_id: str) -> Serves | None: ...
    def category_names(self, code: str) -> tuple[str, ...]: ...


@value
class RoutingContext:
    """What a decision may know beyond its case. `rulebook`: (layer, time) -> what is in force there then."""

    country: Country
    rulebook: Callable[[str, datetime], Rulebook]
    read: Read = nothing_read


@value
class RoutingEvent:
    """One event of a decision; its key is the case and its time that of what came."""

    topic: str
    event: Event
    release: str | None = None


@value
class RoutingDecision:
    """The case afterwards (the same object when nothing changed), and what is to be published, in order."""

    case: RoutedCase
    events: tuple[RoutingEvent, ...] = ()


class NotTheHolder(ValueError):
    """A region speaks as the holder of a case that it does not hold."""
