"""Relays that take over from each other under load: every record once, every key in order, ids repeatable."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from common.contracts.envelope import header_map
from common.messaging.kafka import read_to_end
from common.messaging.produce.relay import LOCK_CLASS

from tests.conftest import Ground
from tests.forwarding import (
    database,
    message,
    published,
    routing_service,
    send,
    sequences,
    wait_for,
)

MESSAGES = 1_500
KEYS = 10


async def test_relays_that_lose_their_sessions_under_load_repeat_nothing_and_keep_order(
    ground: Ground, tmp_path: Path
) -> None:
    """The server ends the session by which a relay holds its slots, again and again, while it sends."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with routing_service(ground, tmp_path, batch_records=20), routing_service(ground, tmp_path, batch_records=20):
        sending = asyncio.create_task(send(ground, [message(f"case-{n % KEYS}", n) for n in range(MESSAGES)]))
        async with database(ground) as db:
            ended = 0
            while len(await published(ground)) < MESSAGES and ended < 12:
                ended += await db.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT DISTINCT pid FROM pg_locks"
                    " WHERE locktype = 'advisory' AND classid = $1 AND granted AND database ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())) AS holders",
                    LOCK_CLASS,
                )
                await asyncio.sleep(chance.uniform(0.0, 0.3))
        await sending
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
