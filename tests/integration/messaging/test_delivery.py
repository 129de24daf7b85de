"""The batch consumer and the relay on the real broker and database: nothing lost, nothing done twice."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from common.contracts.envelope import header_map
from common.messaging.produce.outbox import OutboxRow, pack_rows, slot_of

from tests import kafka
from tests.conftest import Ground
from tests.forwarding import (
    OUT,
    TOPIC,
    Forward,
    database,
    message,
    published,
    routing_service,
    send,
    sequences,
    wait_for,
)


async def test_every_record_leads_to_one_event_with_gapless_sequence(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message(f"case-{n % 7}", n) for n in range(700)])
        records = await wait_for(ground, 700)
    assert len(records) == 700
    assert all(s == list(range(1, 101)) for s in sequences(records).values())


async def test_a_record_sent_twice_is_handled_once(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 1), message("case-1", 1), message("case-1", 2)])
        records = await wait_for(ground, 2)
    assert sequences(records) == {"case-1": [1, 2]}


async def test_a_header_that_is_not_utf8_is_dead_lettered_and_the_rest_goes_on(ground: Ground, tmp_path: Path) -> None:
    key, headers, body = message("case-bad", 1)
    async with routing_service(ground, tmp_path):
        await send(ground, [(key, [*headers, ("ce_source", b"\xff\xfe")], body), message("case-good", 1)])
        records = await wait_for(ground, 1)
        dead = await wait_for(ground, 1, "routing.deadletters")
    assert list(sequences(records)) == ["case-good"]
    assert dead[0].value == body
    assert ("ce_source", b"\xff\xfe") in dead[0].headers


@pytest.mark.parametrize("body", [b"garbage", b"{}", b"\xff", b"[" * 5000])
async def test_a_body_that_cannot_be_read_parks_its_key_alone(ground: Ground, tmp_path: Path, body: bytes) -> None:
    key, headers, _ = message("case-bad", 1)
    async with routing_service(ground, tmp_path):
        await send(ground, [(key, headers, body), message("case-bad", 2), message("case-good", 1)])
        await wait_for(ground, 1, "routing.deadletters")
        records = await wait_for(ground, 1)
        async with database(ground) as db:

            async def parked() -> bool:
                return [r["key"] for r in await db.fetch("SELECT key FROM parked")] == ["case-bad"]

            await kafka.eventually(parked)
    assert list(sequences(records)) == ["case-good"]


@pytest.mark.parametrize("text", ["permanent", "bug", "unstorable"])
async def test_a_record_that_fails_alone_is_dead_lettered_and_its_batch_is_not(
    ground: Ground, tmp_path: Path, text: str
) -> None:
    async with routing_service(ground, tmp_path):
        batch = [message(f"case-{n}", 1) for n in range(20)]
        await send(ground, [*batch[:10], message("case-x", 1, text), *batch[10:]])
        records = await wait_for(ground, 20)
        dead = await wait_for(ground, 1, "routing.deadletters")
    assert len(records) == 20
    assert header_map(dead[0].headers)["dead_letter_position"].startswith(TOPIC)


async def test_a_failure_that_passes_is_retried_and_never_dead_lettered(ground: Ground, tmp_path: Path) -> None:
    handler = Forward()
    async with routing_service(ground, tmp_path, handler):
        await send(ground, [message("case-1", 1, "passing"), message("case-2", 1)])
        records = await wait_for(ground, 2)
        assert await published(ground, "routing.deadletters") == []
    assert handler.passing_failures == 3
    assert len(records) == 2


async def test_a_restart_goes_on_where_the_last_one_stopped(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", n) for n in range(50)])
        await wait_for(ground, 50)
    await send(ground, [message("case-1", n) for n in range(50, 80)])
    async with routing_service(ground, tmp_path):
        records = await wait_for(ground, 80)
    assert sequences(records) == {"case-1": list(range(1, 81))}


async def test_rows_that_a_dead_relay_had_already_published_are_not_published_again(
    ground: Ground, tmp_path: Path
) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 1)])
        first = (await wait_for(ground, 1))[0]
    db = await asyncpg.connect(ground.urls["routing"])
    try:
        await db.execute("UPDATE relay_position SET last_offset = -1")
        row = OutboxRow(OUT, "case-1", [(name, value or b"") for name, value in first.headers], first.value or b"")
        await db.execute(
            "INSERT INTO outbox (slot, records) VALUES ($1, $2)", slot_of("case-1"), pack_rows([row])
        )  # fmt: skip
    finally:
        await db.close()
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 2)])
        records = await wait_for(ground, 2)
    assert sequences(records) == {"case-1": [1, 2]}


async def test_two_replicas_share_the_work_and_keep_each_key_in_order(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path), routing_service(ground, tmp_path):
        await send(ground, [message(f"case-{n % 10}", n) for n in range(500)])
        records = await wait_for(ground, 500)
    assert len(records) == 500
    assert all(s == list(range(1, 51)) for s in sequences(records).values())


async def test_a_fact_on_a_topic_that_is_not_its_owners_is_a_dead_letter(ground: Ground, tmp_path: Path) -> None:
    key, headers, body = message("case-forged", 1)
    async with routing_service(ground, tmp_path):
        await kafka.send(ground, "world", "routing.commands", [(key, headers, body)])
        dead = await wait_for(ground, 1, "routing.deadletters")
        assert await published(ground) == []
    assert header_map(dead[0].headers)["dead_letter_position"].startswith("routing.commands/")
