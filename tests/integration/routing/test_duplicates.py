"""Duplicates as routing keeps and finds them in PostgreSQL, from tick to tick."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event, Place
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import CitizenErased, MessageRegistered, SupportGiven
from common.contracts.events.region import CaseJoined, CaseWithdrawn
from common.contracts.events.routing import (
    CaseAssigned,
    CaseWarned,
    DuplicateDecided,
    DuplicateSuggested,
    JoinForwarded,
    RefuseDuplicate,
    RoutingCommandRefused,
)
from common.contracts.signing import Verifier
from common.federation.country import load_federation
from common.rulebook.book import ReleaseBook
from routing.handlers import RoutingHandler
from routing.model import RoutingContext

from tests.conftest import FEDERATION, Ground

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
COUNTRY = load_federation(FEDERATION)
OPERATOR = Actor(id="operator:north", role="operator", scope="north")
METRE = 1 / 111_195


class Proven(Verifier):
    """Every command is its principal's."""

    def __init__(self) -> None:
        super().__init__({})

    def check(self, delivery: Delivery) -> str:
        return "portal"


class Routing:
    """The handler on a database of its own."""

    def __init__(self, db: asyncpg.Connection, waiting_at_most: int | None = None) -> None:
        self._db, self._count = db, 0
        book = ReleaseBook()
        for release in COUNTRY.base_releases():
            book.add(release)
        self._handler = RoutingHandler(
            RoutingContext(COUNTRY, book.in_force), Proven(), None, waiting_at_most=waiting_at_most
        )

    async def hear(self, *told: tuple[Event, float]) -> list[Event]:
        """Events of one batch, each with its minutes after noon; returns what routing says of duplicates."""
        kinds = DuplicateSuggested | DuplicateDecided | JoinForwarded | RoutingCommandRefused
        return [event for event in await self._said(told) if isinstance(event, kinds)]

    async def assigned(self, *told: tuple[Event, float]) -> list[CaseAssigned]:
        """The same; returns the cases that routing gives to regions."""
        return [event for event in await self._said(told) if isinstance(event, CaseAssigned)]

    async def warned(self, *told: tuple[Event, float]) -> list[CaseWarned]:
        """The same; returns which of them came under an early warning."""
        return [event for event in await self._said(told) if isinstance(event, CaseWarned)]

    async def _said(self, told: Sequence[tuple[Event, float]]) -> list[Event]:
        async with self._db.transaction():
            batch = [self._delivery(event, minutes) for event, minutes in told]
            return [emit.event for emit in await self._handler.handle(batch, self._db)]

    async def tick(self, minutes: float) -> list[Event]:
        return await self.hear((TimePassed(since=NOON, until=NOON + timedelta(minutes=minutes)), minutes))

    def _delivery(self, event: Event, minutes: float) -> Delivery:
        self._count += 1
        name = f"{getattr(event, 'case_id', 'x')}-{event.type}-{minutes}"
        envelope = Envelope(name, "test", event.type, NOON + timedelta(minutes=minutes), name, name)
        return Delivery(envelope, event, "topic", 0, self._count, getattr(event, "case_id", "x"))


def lamp(case_id: str, minutes: float, metres: float = 0, citizen: str = "ann") -> tuple[Event, float]:
    event = MessageRegistered(
        message_id=case_id, case_id=case_id, reference=case_id, channel="web", citizen=citizen, text="The lamp is dark",
        category="Street light", place=Place(lat=0.5 + metres * METRE, lon=0.5),
        received_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
    return event, minutes


def joined(case_id: str, into: str, minutes: float) -> tuple[Event, float]:
    event = CaseJoined(
        case_id=case_id, region="north", authority="yard-01", actor=OPERATOR.id, state="joined", into_case=into
    )
    return event, minutes


def withdrawn(case_id: str, minutes: float) -> tuple[Event, float]:
    return CaseWithdrawn(case_id=case_id, region="north", authority="yard-01", actor="c", state="withdrawn"), minutes


def suggested(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.case_id, e.other_case) for e in events if isinstance(e, DuplicateSuggested)]


@pytest.fixture
async def routing(ground: Ground) -> AsyncIterator[Routing]:
    db = await asyncpg.connect(ground.urls["routing"])
    yield Routing(db)
    await db.close()


async def test_nothing_is_suggested_before_the_tick_and_then_in_order_of_time_whatever_was_read_first(
    routing: Routing,
) -> None:
    assert await routing.hear(lamp("late", 50), lamp("early", 10)) == []
    assert suggested(await routing.tick(60)) == [("late", "early")]
    assert await routing.tick(120) == []


async def test_in_wall_time_enough_waiting_cases_are_searched_without_a_tick_and_not_again_by_it(
    ground: Ground,
) -> None:
    db = await asyncpg.connect(ground.urls["routing"])
    routing = Routing(db, waiting_at_most=3)
    assert await routing.hear(lamp("first", 10), lamp("second", 20)) == []
    assert suggested(await routing.hear(lamp("third", 30))) == [("second", "first")], (
        "the newest waits for what follows"
    )
    assert suggested(await routing.tick(60)) == [("third", "first")]
    await db.close()


async def test_cases_of_earlier_ticks_are_found_and_what_was_joined_or_withdrawn_meanwhile_is_not_suggested(
    routing: Routing,
) -> None:
    await routing.hear(lamp("root", 1), lamp("child", 2, 80), lamp("gone", 3, 160))
    await routing.tick(60)
    await routing.hear(joined("child", "root", 61), withdrawn("gone", 62))
    (decided,) = await routing.tick(120)
    assert isinstance(decided, DuplicateDecided)
    assert (decided.case_id, decided.other_case, decided.same) == ("child", "root", True)
    await routing.hear(lamp("new", 121, 165))
    assert suggested(await routing.tick(180)) == [("new", "root")], "by way of the child, 85 m away"


async def test_a_person_says_once_that_it_is_another_matter(routing: Routing) -> None:
    await routing.hear(lamp("a", 1), lamp("b", 2))
    await routing.tick(60)
    order = RefuseDuplicate(actor=OPERATOR, case_id="b", other_case="a")
    (wrong,) = await routing.hear((order.model_copy(update={"other_case": "c"}), 61))
    assert isinstance(wrong, RoutingCommandRefused)
    assert wrong.code == "not_suggested"
    stranger = Actor(id="operator:south", role="operator", scope="south")
    (denied,) = await routing.hear((order.model_copy(update={"actor": stranger}), 62))
    assert isinstance(denied, RoutingCommandRefused)
    first, second = await routing.hear((order, 63), (order, 64))
    assert isinstance(first, DuplicateDecided)
    assert (first.case_id, first.same, first.actor) == ("b", False, OPERATOR.id)
    assert isinstance(second, RoutingCommandRefused)
    assert second.code == "suggestion_settled"


async def test_words_of_an_erased_citizen_are_not_kept_though_they_waited_for_the_tick(
    routing: Routing, ground: Ground
) -> None:
    await routing.hear(lamp("a", 1), lamp("b", 2, citizen="bob"))
    erased = CitizenErased(citizen="ann", actor="federal:centre", erased_at=NOON + timedelta(minutes=30))
    await routing.hear((erased, 30))
    await routing.tick(60)
    db = await asyncpg.connect(ground.urls["routing"])
    words = {row["case_id"]: row["words"] for row in await db.fetch("SELECT case_id, words FROM known_case")}
    await db.close()
    assert words["a"] == []
    assert words["b"] != []


def support(case_id: str, other: str, minutes: float, *, supports: bool = True) -> tuple[Event, float]:
    event = SupportGiven(
        case_id=case_id, other_case=other, citizen="ann", supports=supports, channel="web", message_id="m",
        given_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
    return event, minutes


async def test_the_citizens_yes_goes_to_the_region_as_a_join_into_the_living_case_and_is_decided_once(
    routing: Routing,
) -> None:
    await routing.hear(lamp("root", 1), lamp("a", 2, 200), lamp("b", 3, 280))
    (suggestion,) = await routing.tick(60)
    assert isinstance(suggestion, DuplicateSuggested)
    assert suggestion.ask_citizen
    await routing.hear(joined("a", "root", 61))
    await routing.tick(120)
    decided, join, repeated = await routing.hear(support("b", "a", 130), support("b", "a", 131))
    assert isinstance(decided, DuplicateDecided)
    assert (decided.case_id, decided.same, decided.actor, decided.by) == ("b", True, "ann", "citizen")
    assert isinstance(join, JoinForwarded)
    assert (join.case_id, join.into_case, join.citizen) == ("b", "root", "ann")
    assert isinstance(repeated, RoutingCommandRefused)
    assert (repeated.code, repeated.command) == ("suggestion_settled", SupportGiven.type)
    await routing.hear(joined("b", "root", 132))
    assert await routing.tick(180) == []


async def test_the_citizens_no_is_the_refusal_and_a_word_on_what_was_not_suggested_changes_nothing(
    routing: Routing,
) -> None:
    await routing.hear(lamp("a", 1), lamp("b", 2))
    await routing.tick(60)
    (wrong,) = await routing.hear(support("a", "b", 61))
    assert isinstance(wrong, RoutingCommandRefused)
    (decided,) = await routing.hear(support("b", "a", 62, supports=False))
    assert isinstance(decided, DuplicateDecided)
    assert (decided.same, decided.by) == (False, "citizen")
