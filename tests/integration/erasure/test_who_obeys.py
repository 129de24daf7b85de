"""Routing and regions forget the words of an erased citizen in their databases, those too that come late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
from channels.handlers import ChannelsHandler
from common.contracts.catalogue import TOPICS
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.intake import CitizenErased, ConversationErased, MessageAdded, MessageRegistered
from common.contracts.events.region import CaseOpened
from common.contracts.events.routing import CaseAssigned
from common.contracts.signing import Verifier
from common.federation.country import load_federation
from common.rulebook.book import ReleaseBook
from deliberation.handlers import DeliberationHandler
from portal.handlers import PortalHandler
from regional.case import Authority, RegionContext
from regional.handlers import RegionalHandler
from routing.handlers import RoutingHandler
from routing.model import RoutingContext

from tests.conftest import FEDERATION, Ground

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
WORDS, LATER = "the red house by the river", "she is back"
COUNTRY = load_federation(FEDERATION)


@asynccontextmanager
async def database(ground: Ground, service: str) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(ground.urls[service])
    try:
        yield db
    finally:
        await db.close()


def delivery(event: Event, minutes: int) -> Delivery:
    at, name = NOW + timedelta(minutes=minutes), f"{event.type} {minutes}"
    return Delivery(Envelope(name, "test", event.type, at, name, name), event, "topic", 0, minutes, "c1")


def erased(minutes: int) -> Delivery:
    return delivery(
        CitizenErased(citizen="ann", actor="federal:centre", erased_at=NOW + timedelta(minutes=minutes)), minutes
    )


def conversation(minutes: int, *cases: str, messages: tuple[str, ...] = ()) -> Delivery:
    at = NOW + timedelta(minutes=minutes)
    return delivery(ConversationErased(citizen="ann", cases=cases, messages=messages, erased_at=at), minutes)


def assigned(number: int, citizen: str, text: str = WORDS, minutes: int = 0) -> Delivery:
    at = NOW + timedelta(minutes=minutes)
    event = CaseAssigned(
        case_id=f"c{number}", reference=f"R-{number}", message_id=f"m{number}", region="north", area="01",
        border_set="b", authority="yard-01", category="pothole", priority=1, answer_minutes=600, extension_minutes=0,
        channel="web", citizen=citizen, text=text, received_at=at, release="national/1",
    )  # fmt: skip
    return delivery(event, minutes)


async def test_a_region_keeps_an_erased_citizens_case_without_its_words(ground: Ground) -> None:
    calendar = COUNTRY.calendar("north")
    region = RegionContext("north", calendar, {"yard-01": Authority("yard-01", ("*",), False)})
    handler = RegionalHandler(region, COUNTRY, Verifier.load(ground.keys))
    async with database(ground, "regional-north") as db, db.transaction():
        await handler.handle([assigned(1, "ann"), assigned(2, "bob")], db)
        # What the same batch brings goes as well, and what comes late; who comes back is heard.
        await handler.handle([assigned(3, "ann", minutes=1), erased(2)], db)
        late = await handler.handle([assigned(4, "ann", minutes=1), assigned(5, "ann", LATER, minutes=3)], db)
        said = {e.event.case_id: e.event.text for e in late if isinstance(e.event, CaseOpened)}
        assert said == {"c4": "", "c5": LATER}
        rows = await db.fetch("SELECT case_id, assignment::jsonb ->> 'text' AS text FROM cases ORDER BY case_id")
        assert [tuple(row) for row in rows] == [("c1", ""), ("c2", WORDS), ("c3", ""), ("c4", ""), ("c5", LATER)]


async def test_routing_forgets_the_words_of_what_waits_for_a_person(ground: Ground) -> None:
    book = ReleaseBook()
    for release in COUNTRY.base_releases():
        book.add(release)
    handler = RoutingHandler(RoutingContext(COUNTRY, book.in_force), Verifier.load(ground.keys), None)

    def registered(number: int, citizen: str) -> Delivery:
        event = MessageRegistered(
            message_id=f"m{number}", case_id=f"c{number}", reference=f"R-{number}", channel="web", citizen=citizen,
            text=WORDS, received_at=NOW,
        )  # fmt: skip
        return delivery(event, number)

    def added(number: int, case_id: str, minutes: int, text: str = WORDS) -> Delivery:
        at = NOW + timedelta(minutes=minutes)
        event = MessageAdded(
            message_id=f"a{number}", case_id=case_id, channel="web", citizen="ann", text=text, received_at=at
        )
        return delivery(event, minutes)

    async with database(ground, "routing") as db, db.transaction():
        await handler.handle([registered(1, "ann"), registered(2, "bob"), added(1, "c1", 3)], db)
        await handler.handle([erased(10)], db)
        await handler.handle([added(2, "c1", 5), added(3, "c1", 11, LATER)], db)
        routes = await db.fetch("SELECT case_id, message::jsonb ->> 'text' FROM route ORDER BY case_id")
        assert [tuple(row) for row in routes] == [("c1", ""), ("c2", WORDS)]
        held = await db.fetch("SELECT body::jsonb ->> 'text' FROM held ORDER BY arrival")
        assert [row[0] for row in held] == ["", "", LATER]


async def test_of_an_erased_conversation_a_region_and_routing_forget_what_was_said_there_alone(ground: Ground) -> None:
    calendar = COUNTRY.calendar("north")
    region = RegionContext("north", calendar, {"yard-01": Authority("yard-01", ("*",), False)})
    handler = RegionalHandler(region, COUNTRY, Verifier.load(ground.keys))
    async with database(ground, "regional-north") as db, db.transaction():
        await handler.handle([assigned(1, "ann"), assigned(2, "ann"), assigned(3, "bob")], db)
        await handler.handle([conversation(2, "c1", "c4")], db)
        late = await handler.handle([assigned(4, "ann", minutes=1), assigned(5, "ann", minutes=1)], db)
        said = {e.event.case_id: e.event.text for e in late if isinstance(e.event, CaseOpened)}
        assert said == {"c4": "", "c5": WORDS}
        rows = await db.fetch("SELECT case_id, assignment::jsonb ->> 'text' AS text FROM cases ORDER BY case_id")
        assert [row["text"] for row in rows] == ["", WORDS, WORDS, "", WORDS]

    book = ReleaseBook()
    for release in COUNTRY.base_releases():
        book.add(release)
    routes = RoutingHandler(RoutingContext(COUNTRY, book.in_force), Verifier.load(ground.keys), None)

    def registered(number: int) -> Delivery:
        event = MessageRegistered(
            message_id=f"m{number}", case_id=f"c{number}", reference=f"R-{number}", channel="web", citizen="ann",
            text=WORDS, received_at=NOW,
        )  # fmt: skip
        return delivery(event, number)

    def added(name: str, case_id: str) -> Delivery:
        event = MessageAdded(
            message_id=name, case_id=case_id, channel="web", citizen="ann", text=WORDS, received_at=NOW
        )
        return delivery(event, 3)

    async with database(ground, "routing") as db, db.transaction():
        await routes.handle([registered(1), registered(2), added("a1", "c2"), added("a2", "c2")], db)
        # It said something about the other one's case too.
        await routes.handle([conversation(10, "c1", messages=("m1", "a1", "a3"))], db)
        await routes.handle([added("a3", "c2"), added("a4", "c2")], db)
        found = await db.fetch("SELECT case_id, message::jsonb ->> 'text' FROM route ORDER BY case_id")
        assert [tuple(row) for row in found] == [("c1", ""), ("c2", WORDS)]
        held = await db.fetch("SELECT body::jsonb ->> 'text' FROM held ORDER BY arrival")
        assert [row[0] for row in held] == ["", WORDS, "", WORDS]


def test_whoever_obeys_a_citizens_erasure_obeys_that_of_a_conversation() -> None:
    obeying = [
        handler
        for handler in (ChannelsHandler, DeliberationHandler, PortalHandler, RegionalHandler, RoutingHandler)
        if CitizenErased in handler.types
    ]
    readers = {one for topic in TOPICS if CitizenErased in topic.types for one in topic.consumers}
    assert len(obeying) == len(readers - {"operator"})
    assert [one for one in obeying if ConversationErased not in one.types] == []
