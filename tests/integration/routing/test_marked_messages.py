"""Spam as routing counts it in PostgreSQL: what people have closed makes the rule close the next, from the tick on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event, Place
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import CitizenErased, MessageRegistered
from common.contracts.events.routing import (
    AnswerTriage,
    DeclineTriage,
    MessageSplit,
    SplitTriage,
    TriageDeclined,
    TriageRequested,
)
from common.contracts.frozen import value
from common.federation.country import load_federation
from common.messaging.clock import last_tick
from common.rulebook.book import ReleaseBook
from routing.handlers import RoutingHandler
from routing.model import RoutingContext

from tests.conftest import FEDERATION, Ground
from tests.integration.routing.test_duplicates import Proven

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
COUNTRY = load_federation(FEDERATION)
CENTRE = Actor(id="federal:centre", role="federal", scope="*")
OPERATOR = Actor(id="operator:north", role="operator", scope="north")


@value
class Desk:
    """Routing, and a person in triage."""

    handler: RoutingHandler
    db: asyncpg.Connection

    async def hear(self, *events: Event, hours: float = 0) -> list[Event]:
        batch = [self._delivery(event, number, hours) for number, event in enumerate(events)]
        async with self.db.transaction():
            return [emit.event for emit in await self.handler.handle(batch, self.db)]

    def _delivery(self, event: Event, number: int, hours: float) -> Delivery:
        name = f"{event.type}-{number}-{getattr(event, 'case_id', '')}"
        envelope = Envelope(name, "test", event.type, NOON + timedelta(hours=hours), name, name)
        return Delivery(envelope, event, "topic", 0, number, "key")

    async def spam(self, case_id: str, citizen: str = "mallory") -> list[str | None]:
        """What becomes of it: who closed it, None where it waits for a person."""
        said = await self.hear(
            MessageRegistered(
                message_id=case_id, case_id=case_id, reference=case_id, channel="web", citizen=citizen,
                text="Best online casino, buy now", category="Street light", place=Place(lat=0.5, lon=0.5),
                received_at=NOON,
            )
        )  # fmt: skip
        assert isinstance(said[0], TriageRequested)
        assert said[0].matter == "spam"
        return [event.actor if isinstance(event, TriageDeclined) else None for event in said]

    async def close(self, case_id: str, hours: float = 0) -> None:
        said = await self.hear(DeclineTriage(case_id=case_id, actor=OPERATOR, reason="an advertisement"), hours=hours)
        assert [type(event) for event in said] == [TriageDeclined]

    async def tick(self, hours: float) -> None:
        passed = TimePassed(since=NOON, until=NOON + timedelta(hours=hours))
        await last_tick.save(self.db, passed)
        await self.hear(passed)


async def test_after_three_that_people_closed_the_rule_closes_the_next_until_a_month_is_over(ground: Ground) -> None:
    db = await asyncpg.connect(ground.urls["routing"])
    book = ReleaseBook(COUNTRY.base_releases())
    desk = Desk(RoutingHandler(RoutingContext(COUNTRY, book.in_force), Proven(), None), db)
    for name in ("s1", "s2", "s3", "placed"):
        assert await desk.spam(name) == [None]
    await desk.hear(AnswerTriage(case_id="placed", actor=OPERATOR))
    await desk.close("s1")
    await desk.close("s2")
    await desk.tick(1)
    assert await desk.spam("s4") == [None], "what a person placed does not count"
    await desk.close("s3", 1.5)
    assert await desk.spam("s5") == [None], "what spans cases waits for the tick"
    await desk.tick(2)
    assert await desk.spam("s6") == [None, "routing"]
    assert await desk.spam("other", "ann") == [None]
    await desk.tick(32 * 24)
    assert await desk.spam("s7") == [None]
    await desk.hear(CitizenErased(citizen="mallory", actor="x", erased_at=NOON + timedelta(days=32)))
    assert await db.fetchval("SELECT count(*) FROM marked_message WHERE citizen = 'mallory'") == 0
    await db.close()


async def test_a_message_that_waits_and_is_about_several_matters_is_shown_in_parts_and_divided_by_a_person(
    ground: Ground,
) -> None:
    db = await asyncpg.connect(ground.urls["routing"])
    book = ReleaseBook(COUNTRY.base_releases())
    desk = Desk(RoutingHandler(RoutingContext(COUNTRY, book.in_force), Proven(), None), db)
    said = MessageRegistered(
        message_id="two", case_id="two", reference="two", channel="web", citizen="ann", received_at=NOON,
        text="A deep pothole at the gate. Also, the street light is out.",
    )  # fmt: skip
    (asked,) = await desk.hear(said)
    assert isinstance(asked, TriageRequested)
    assert [part.category for part in asked.parts] == ["pothole", "street-light"]
    split = SplitTriage(case_id="two", actor=CENTRE, parts=asked.parts)
    (divided,) = await desk.hear(split)
    assert isinstance(divided, MessageSplit)
    assert divided.parts == asked.parts
    await db.close()
