"""Spam as routing counts it in PostgreSQL: what people have closed makes the rule close the next, from the tick on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor, Event, Place
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import CitizenErased, CitizensLinked, MessageAdded, MessageRegistered
from common.contracts.events.routing import (
    AnswerTriage,
    CaseAssigned,
    DeclineTriage,
    MessageForwarded,
    MessageSplit,
    SplitTriage,
    TriageAnswered,
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


async def test_two_linked_channels_of_one_citizen_are_one_in_what_is_counted_and_heard_until_they_are_erased(
    ground: Ground,
) -> None:
    db = await asyncpg.connect(ground.urls["routing"])
    book = ReleaseBook(COUNTRY.base_releases())
    desk = Desk(RoutingHandler(RoutingContext(COUNTRY, book.in_force), Proven(), None), db)
    for name, citizen in (("l1", "sms"), ("l2", "sms"), ("l3", "mail"), ("h1", "http"), ("h2", "http"), ("h3", "http")):
        assert await desk.spam(name, citizen) == [None]
        await desk.close(name)
    await desk.tick(1)
    linked = NOON + timedelta(hours=1.5)
    await desk.hear(CitizensLinked(citizen="sms", into_citizen="mail", linked_at=linked))
    await desk.hear(CitizensLinked(citizen="http", into_citizen="web", linked_at=linked, voices=()))
    assert await desk.spam("l4", "mail") == [None], "a link counts from the tick on, as what people closed"
    await desk.tick(2)
    assert await desk.spam("l5", "mail") == [None, "routing"]
    assert await desk.spam("l6", "sms") == [None, "routing"]
    assert await desk.spam("h4", "web") == [None], "of one conversation nobody knows which messages it concerns"
    told = await desk.hear(
        MessageRegistered(
            message_id="w", case_id="w", reference="w", channel="sms", citizen="sms", text="a hole", category="Pothole",
            received_at=NOON,
        )
    )  # fmt: skip
    assert [type(event) for event in told] == [TriageRequested]
    more = MessageAdded(
        message_id="w2", case_id="w", channel="sms", citizen="mail", text="here", place=Place(lat=0.5, lon=0.5),
        received_at=NOON,
    )  # fmt: skip
    assert [type(event) for event in await desk.hear(more)] == [TriageAnswered, CaseAssigned, MessageForwarded]
    await desk.hear(CitizenErased(citizen="mail", actor="x", erased_at=NOON + timedelta(hours=3)))
    await desk.hear(CitizensLinked(citizen="sms", into_citizen="mail", linked_at=linked))
    assert await db.fetchval("SELECT count(*) FROM linked_citizen WHERE into_citizen = 'mail'") == 0
    await db.close()


async def test_what_was_added_before_the_word_of_the_link_is_read_places_the_case_with_it(ground: Ground) -> None:
    db = await asyncpg.connect(ground.urls["routing"])
    book = ReleaseBook(COUNTRY.base_releases())
    desk = Desk(RoutingHandler(RoutingContext(COUNTRY, book.in_force), Proven(), None), db)
    await desk.hear(
        MessageRegistered(
            message_id="e", case_id="e", reference="e", channel="sms", citizen="sms", text="a hole", category="Pothole",
            received_at=NOON,
        )
    )  # fmt: skip
    more = MessageAdded(
        message_id="e2", case_id="e", channel="sms", citizen="mail", text="here", place=Place(lat=0.5, lon=0.5),
        received_at=NOON,
    )  # fmt: skip
    assert await desk.hear(more) == []
    told = await desk.hear(CitizensLinked(citizen="sms", into_citizen="mail", linked_at=NOON))
    assert [type(event) for event in told] == [TriageAnswered, CaseAssigned, MessageForwarded]
    assert await db.fetchval("SELECT waiting FROM route WHERE case_id = 'e'") is False
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
