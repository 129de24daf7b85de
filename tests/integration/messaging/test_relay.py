"""Relays that take over from each other under load: every record once, every key in order, ids repeatable."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import asyncpg
from common.contracts.envelope import header_map
from common.messaging.kafka import read_to_end
from common.messaging.produce.relay import LOCK_CLASS

from tests.conftest import Ground
from tests.forwarding import (
    database,
    message,
    routing_service,
    send,
    sequences,
    wait_for,
)
from tests.kafka import eventually

MESSAGES = 1_500
KEYS = 10
PORTION = 100


async def end_sessions(db: asyncpg.Connection) -> int:
    """Wait until somebody holds slots, and end the sessions by which they are held; how many."""
    ended = 0

    async def some() -> bool:
        nonlocal ended
        ended = await db.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT DISTINCT pid FROM pg_locks"
            " WHERE locktype = 'advisory' AND classid = $1 AND granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())) AS holders",
            LOCK_CLASS,
        )
        return ended > 0

    await eventually(some)
    return ended


async def test_relays_that_lose_their_sessions_under_load_repeat_nothing_and_keep_order(
    ground: Ground, tmp_path: Path
) -> None:
    """The server ends the session by which a relay holds its slots, again and again, while it sends."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with routing_service(ground, tmp_path, batch_records=20), routing_service(ground, tmp_path, batch_records=20):
        async with database(ground) as db:
            ended = 0
            for first in range(0, MESSAGES, PORTION):
                await send(ground, [message(f"case-{n % KEYS}", n) for n in range(first, first + PORTION)])
                ended += await end_sessions(db)
                await asyncio.sleep(chance.uniform(0.0, 0.3))
        records = await wait_for(ground, MESSAGES)
    assert ended >= 2, "nobody was interrupted, so nothing is shown"
    found = sequences(records)
    assert {key: len(numbers) for key, numbers in found.items()} == {f"case-{n}": MESSAGES // KEYS for n in range(KEYS)}
    assert all(numbers == list(range(1, MESSAGES // KEYS + 1)) for numbers in found.values())


async def test_a_decision_repeated_after_its_data_was_lost_has_the_same_ids(ground: Ground, tmp_path: Path) -> None:
    """As after a restore: position, inbox and sequences are those of before, and the records are read again."""
    await send(ground, [message("case-1", n) for n in range(10)])
    async with routing_service(ground, tmp_path) as service:
        first = await wait_for(ground, 10)
        consumer = service._consumer
        assert consumer is not None
        read = await read_to_end(ground.settings("routing"), ground.installation.physical("intake.messages"))
        async with database(ground) as db:
            await db.execute("TRUNCATE position, inbox, outbox_sequence")
        await consumer.on_batch(read)
        second = (await wait_for(ground, 20))[10:]
    assert [_identity(r.headers) for r in second] == [_identity(r.headers) for r in first]


def _identity(headers: object) -> tuple[str, str]:
    found = header_map(headers)  # type: ignore[arg-type]
    return found["ce_id"], found["ce_sequence"]
