"""Pages that say how many items are in each state read counters, which move with the items."""

from __future__ import annotations

from typing import Any

import asyncpg
from common.contracts.events import routing
from portal.queries import Reader
from portal.snapshot import SnapshotPool

from tests.databases import Databases
from tests.integration.portal.test_late_words import ANN, HANDLER, delivery, waiting


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
