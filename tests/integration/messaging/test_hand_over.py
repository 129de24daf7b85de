"""Hand-over between relays: what one has sent the next one does not send again, and nothing is left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

import asyncpg
import pytest
from common.contracts.envelope import Envelope, Headers, to_headers
from common.contracts.events.rules import ReleasePublished
from common.messaging.kafka import Record, read_to_end
from common.messaging.postgres import PLUMBING, lock_names, migrate, open_pool, transaction, while_open
from common.messaging.produce.outbox import SLOTS, OutboxRow, pack_rows, slot_of
from common.messaging.produce.relay import Relay
from common.messaging.release_cache import Releases

from tests import kafka
from tests.conftest import Ground
from tests.databases import Databases

NOW = datetime(2011, 7, 1, tzinfo=UTC)
OUT = "routing.triage"
DEAD = "routing.deadletters"


@asynccontextmanager
async def database(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(databases["routing"])
    try:
        await migrate(pool, [PLUMBING])
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def relay(ground: Ground, pool: asyncpg.Pool) -> AsyncIterator[Relay]:
    running = Relay(ground.settings("routing"), ground.installation, pool)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def put(pool: asyncpg.Pool, rows: Sequence[OutboxRow]) -> None:
    for row in rows:
        await pool.execute("INSERT INTO outbox (slot, records) VALUES ($1, $2)", slot_of(row.key), pack_rows([row]))


async def emptied(pool: asyncpg.Pool) -> None:
    async def empty() -> bool:
        return bool(await pool.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"))

    await kafka.eventually(empty)


async def on_topic(ground: Ground, topic: str) -> list[Record]:
    return await read_to_end(ground.settings("routing"), ground.installation.physical(topic))


def event(key: str, number: int) -> OutboxRow:
    envelope = Envelope(f"{key}-{number}", "routing", "x", NOW, key, "c", sequence=number)
    return OutboxRow(OUT, key, to_headers(envelope), b"{}")


def letter(number: int) -> OutboxRow:
    """A dead letter with a stranger's headers: no text, and an id that another dead letter has too."""
    headers: Headers = [("ce_id", b"twin"), ("ce_source", b"\xff\xfe"), ("dead_letter_id", f"d{number}".encode())]
    return OutboxRow(DEAD, "letter", headers, f"{number}".encode())


async def test_dead_letters_with_unreadable_headers_or_equal_ids_all_reach_their_topic(ground: Ground) -> None:
    async with database(ground.urls) as pool:
        for number in (1, 2):
            await put(pool, [letter(number)])
            async with relay(ground, pool):
                await emptied(pool)
            await pool.execute("DELETE FROM relay_position")
    assert [r.value for r in await on_topic(ground, DEAD)] == [b"1", b"2"]


async def test_what_another_slot_noted_does_not_hide_what_a_dead_relay_had_sent(ground: Ground) -> None:
    """Two relays held a slot each. One noted its later records; the other died between Kafka and its own note."""
    other = next(f"key-{n}" for n in range(100) if slot_of(f"key-{n}") != slot_of("key"))
    sent = event("key", 1)
    await kafka.send(ground, "routing", OUT, [(sent.key, sent.headers, sent.body)])
    async with database(ground.urls) as pool:
        await put(pool, [sent, event("key", 2)])
        for partition in range(3):
            await pool.execute(
                "INSERT INTO relay_position (slot, topic, partition, last_offset) VALUES ($1, $2, $3, 1000)",
                slot_of(other), OUT, partition,
            )  # fmt: skip
        async with relay(ground, pool):
            await emptied(pool)
    ids = [dict(r.headers)["ce_id"] for r in await on_topic(ground, OUT)]
    assert ids == [b"key-1", b"key-2"]


async def test_a_relay_that_stops_under_load_leaves_its_slots_to_the_next_without_gap_or_repeat(
    ground: Ground,
) -> None:
    async with database(ground.urls) as pool:
        async with relay(ground, pool), relay(ground, pool):
            for number in range(1, 301):
                await put(pool, [event(f"key-{n}", number) for n in range(SLOTS)])
                if number % 60 == 0:
                    async with relay(ground, pool):
                        pass
        async with relay(ground, pool):
            await emptied(pool)
    ids = [dict(r.headers)["ce_id"].decode() for r in await on_topic(ground, OUT)]
    for n in range(SLOTS):
        assert [i for i in ids if i.startswith(f"key-{n}-")] == [f"key-{n}-{number}" for number in range(1, 301)]


async def test_work_ends_with_the_session_whose_locks_it_needs(databases: Databases) -> None:
    async with database(databases) as pool, pool.acquire() as db:
        own = await db.fetchval("SELECT pg_backend_pid()")
        work = asyncio.ensure_future(while_open(cast(asyncpg.Connection, db), asyncio.Event().wait()))
        await pool.execute("SELECT pg_terminate_backend($1)", own)
        with pytest.raises((ConnectionError, asyncpg.InterfaceError)):
            await work


def release(number: int) -> ReleasePublished:
    return ReleasePublished(
        layer="north", number=number, effective_at=NOW, tables={}, previous_hash="", hash=str(number)
    )


async def test_a_release_that_another_replica_commits_late_is_not_passed_over(databases: Databases) -> None:
    """The first keeper has drawn its number and not committed yet when the second one wants to."""
    async with database(databases) as pool:
        reader, late, early = Releases(), asyncio.Event(), asyncio.Event()

        async def keep(number: int, begun: asyncio.Event | None, go: asyncio.Event | None) -> None:
            async with transaction(pool) as db:
                await Releases().keep(db, [release(number)])
                if begun is not None and go is not None:
                    begun.set()
                    await go.wait()

        first = asyncio.ensure_future(keep(1, early, late))
        await early.wait()
        second = asyncio.ensure_future(keep(2, None, None))

        async def second_is_done_or_waits() -> bool:
            waiting = (
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            return second.done() or bool(await pool.fetchval(waiting))

        await kafka.eventually(second_is_done_or_waits)
        async with transaction(pool) as db:
            seen = await reader.refresh(db)
        late.set()
        await asyncio.gather(first, second)
        async with transaction(pool) as db:
            seen += await reader.refresh(db)
    assert [r.number for r in seen] == [1, 2]


async def test_two_replicas_that_hear_of_a_name_first_see_it_one_after_the_other(databases: Databases) -> None:
    async with database(databases) as pool:
        await pool.execute("CREATE TABLE heard (name text PRIMARY KEY, by_whom text[])")

        async def hear(who: str) -> None:
            async with transaction(pool) as db:
                await lock_names(db, ["b", "a"])
                held = await db.fetchval("SELECT by_whom FROM heard WHERE name = 'a'")
                await db.execute(
                    "INSERT INTO heard VALUES ('a', $1) ON CONFLICT (name) DO UPDATE SET by_whom = EXCLUDED.by_whom",
                    [*(held or []), who],
                )

        await asyncio.gather(*(hear(f"replica {n}") for n in range(4)))
        assert len(await pool.fetchval("SELECT by_whom FROM heard")) == 4
