"""What channels makes of cases and messages that did not come over its edges, and what it knows of those that did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import channels.app
import httpx
from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import intake, region
from common.contracts.events.base import Event
from common.contracts.ids import case_id_of
from common.contracts.mandates import Mandates
from common.messaging.kafka import read_to_end
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import NOW, received
from tests.integration.channels.test_edge import MESSAGES, told
from tests.kafka import eventually, records_of, send

NORTH = "region.north.cases"


@asynccontextmanager
async def edge_alone(ground: Ground) -> AsyncIterator[httpx.AsyncClient]:
    """The edges with nothing behind them: whatever is said of a message, the test says."""
    service = Service(ground.settings("channels"), channels.app.build)
    try:
        await service.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.http_port}", timeout=60) as http:
            yield http
    finally:
        await service.stop()


async def by_north(ground: Ground, *events: region.CaseEvent) -> None:
    mandates = Mandates.load(ground.keys)
    assert mandates is not None
    await said(ground, "regional-north", NORTH, [(e.case_id, e, mandates.of(e.case_id, "north")) for e in events])


async def said(
    ground: Ground, who: str, topic: str, events: Sequence[tuple[str, Event, str | None]], at: datetime = NOW
) -> None:
    records = []
    for key, event, mandate in events:
        name = derived_id("fact", topic, key, event.model_dump_json())
        envelope = Envelope(name, who, event.type, at, key, name, mandate=mandate)
        records.append((key, to_headers(envelope), event.wire()))
    await send(ground, who, topic, records)


def opened(case_id: str) -> region.CaseOpened:
    return region.CaseOpened(
        case_id=case_id, region="north", authority="yard-01", actor="routing", state="assigned", reference="R",
        message_id="m", area="01", category="pothole", priority=2, channel="web", citizen="c", text="t",
        received_at=NOW, due_at=NOW, release="north:1",
    )  # fmt: skip


def accepted(case_id: str) -> region.CaseAccepted:
    return region.CaseAccepted(case_id=case_id, region="north", authority="yard-01", actor="x", state="accepted")


def registered(case_id: str) -> intake.MessageRegistered:
    return intake.MessageRegistered(
        message_id=f"message {case_id}", case_id=case_id, reference="R", channel="web", citizen="c", text="t",
        received_at=NOW,
    )  # fmt: skip


async def handled(ground: Ground, topic: str, count: int) -> bool:
    """Whether channels has passed so many records of a topic."""
    db = await asyncpg.connect(ground.urls["channels"])
    try:
        name = ground.installation.physical(topic)
        return bool(await db.fetchval("SELECT sum(next_offset) = $2 FROM position WHERE topic = $1", name, count))
    finally:
        await db.close()


async def rows(ground: Ground) -> dict[str, int]:
    db = await asyncpg.connect(ground.urls["channels"])
    try:
        tables = ("inbox", "case_state", "posted_message", "edge_claim")
        return {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608
    finally:
        await db.close()


async def test_cases_of_topics_leave_no_row_and_those_of_posts_are_followed_from_their_first_event(
    ground: Ground,
) -> None:
    async with edge_alone(ground) as http:
        others = [f"case {n}" for n in range(40)]
        facts = [(c, registered(c), None) for c in others]
        await said(ground, "intake", "intake.messages", facts)
        await by_north(ground, *map(opened, others), *map(accepted, others))
        await eventually(lambda: handled(ground, NORTH, 80))
        await eventually(lambda: handled(ground, "intake.messages", 40))
        assert set((await rows(ground)).values()) == {0}

        posts = [received(f"Mine {n}") for n in range(5)]
        for post in posts:
            # A region's word is there before intake's and at once after the answer.
            answer = (await http.post(MESSAGES, json=post)).json()
            case_id = case_id_of("channels", answer["event_id"])
            await by_north(ground, opened(case_id), accepted(case_id))
            whose = {"Authorization": f"Bearer {answer['secret']}"}
            state = await told(http, answer["status_url"], whose)
            assert (state["case_id"], state["state"] in ("assigned", "accepted")) == (case_id, True)
        await eventually(lambda: handled(ground, NORTH, 90))
        assert (await told(http, answer["status_url"], whose))["state"] == "accepted"
        assert await rows(ground) == {"inbox": 10, "case_state": 5, "posted_message": 5, "edge_claim": 5}


async def test_a_message_is_known_before_kafka_has_it(ground: Ground) -> None:
    async with edge_alone(ground) as http:
        inbound = ground.installation.physical("channel.web.inbound")
        db = await asyncpg.connect(ground.urls["channels"])
        try:

            async def waits() -> bool:
                waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'case_state'::regclass"
                return bool(await db.fetchval(waiting))

            async with db.transaction():
                await db.execute("LOCK TABLE case_state")
                post = asyncio.create_task(http.post(MESSAGES, json=received()))
                await eventually(waits)
                assert not await read_to_end(ground.settings("intake"), inbound)
            assert (await post).status_code == 202
        finally:
            await db.close()
        await records_of(ground, "intake", "channel.web.inbound", 1)


async def test_who_posts_in_a_conversation_of_the_channel_is_told_of_intakes_refusal(ground: Ground) -> None:
    async with edge_alone(ground) as http:
        answer = (await http.post(MESSAGES, json=received())).json()
        refusal = intake.MessageRefused(message_id=answer["message_id"], channel="web", reason="begun on the channel")
        await said(ground, "intake", "intake.messages", [(answer["message_id"], refusal, None)])
        state = await told(http, answer["status_url"], {"Authorization": f"Bearer {answer['secret']}"})
        assert (state["state"], state["reason"]) == ("refused", "begun on the channel")
        assert (state["status"], state["why"]) == ("closed", "refused")
