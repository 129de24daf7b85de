"""Pages that say how many items are in each state read counters, which move with the items."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import asyncpg
from common.contracts.events import routing
from common.messaging.postgres import transaction
from portal import store
from portal.item_fold import Item
from portal.queries import Reader
from portal.snapshot import SnapshotPool

from tests.databases import Databases
from tests.integration.portal.test_late_words import ANN, HANDLER, delivery, waiting
from tests.kafka import eventually
from tests.portal_rig import NOW


def declined(case_id: str, minutes: int) -> Any:
    return delivery(routing.TriageDeclined(case_id=case_id, actor="operator:north", reason="spam"), minutes)


async def test_counters_of_triage_are_what_counting_gives(databases: Databases) -> None:
    async with asyncpg.create_pool(databases["portal"], min_size=1, max_size=2) as pool:
        reader = Reader(SnapshotPool(pool))
        async with pool.acquire() as db:
            await HANDLER.handle([waiting("t1", ANN, 1), waiting("t2", ANN, 1), waiting("t1", ANN, 2)], db)
            assert await reader.item_states("triage") == {"waiting": 2}
            await HANDLER.handle([declined("t1", 3), waiting("t3", ANN, 3), declined("t3", 4)], db)
            assert await reader.item_states("triage") == {"waiting": 1, "declined": 2}
            await HANDLER.handle([declined("t1", 5), declined("t2", 5)], db)
            assert await reader.item_states("triage") == {"declined": 3}


async def test_two_replicas_that_hear_of_a_new_idea_count_it_once(databases: Databases) -> None:
    async with asyncpg.create_pool(databases["portal"], min_size=3, max_size=3) as pool:
        key = ("idea", "i1")

        async def hears(db: asyncpg.Connection, state: str) -> None:
            items = await store.load_items(db, [key])
            moves = Counter({(kind, item.state): -1 for (kind, _), item in items.items()})
            moves[key[0], state] += 1
            await store.save_items(db, [Item(*key, state, NOW, {})])
            await store.count_items(db, moves)

        async def other() -> None:
            async with transaction(pool) as db:
                await hears(db, "taken_up")

        async def waits() -> bool:
            return bool(
                await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            )

        async with transaction(pool) as db:
            await hears(db, "open")
            task = asyncio.ensure_future(other())
            await eventually(waits)
        await task
        assert await Reader(SnapshotPool(pool)).item_states("idea") == {"taken_up": 1}
