"""What pages ask is answered by indexes and counters, also in a large city."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
from common.messaging.postgres import PLUMBING, migrate
from portal.app import MIGRATIONS
from portal.cell_counts import windows_of
from portal.loop_pages.page import WatchedCell
from portal.queries import CaseQuery, Reader
from portal.snapshot import SnapshotPool

from tests.databases import Databases
from tests.integration.portal.crowd import fill
from tests.plans import Explaining

LARGE = {"case_view", "case_event", "item"}


async def test_pages_read_no_whole_table_of_sixty_thousand_cases_but_for_a_rare_state(databases: Databases) -> None:
    pool = await asyncpg.create_pool(databases["portal"])
    await migrate(pool, [PLUMBING, MIGRATIONS])
    async with pool.acquire() as db:
        await fill(db)
        scanned: set[str] = set()
        explaining = Explaining(db, scanned)
        reader = Reader(SnapshotPool(explaining))  # type: ignore[arg-type]
        cursor = (datetime(2011, 9, 1, tzinfo=UTC), "case-1")
        for query in (
            CaseQuery(), CaseQuery(region="north"), CaseQuery(authority="authority-3"),
            CaseQuery(category="category-5"), CaseQuery(overdue=True), CaseQuery(reference="R-00AB"),
            CaseQuery(region="south", state="accepted", after=cursor), CaseQuery(after=cursor),
        ):  # fmt: skip
            assert await reader.cases(query), query
            assert not scanned & LARGE, query
        found = await reader.case("r-00ab01")
        assert found is not None
        await reader.history(found.case_id)
        await reader.caused_by(found.case_id, "cause-1")
        await reader.cases_of(["case-1", "case-2"])
        await reader.cell_ends("category-5", "06", "case-1")
        await reader.cell_authorities("category-5", "06")
        cells = [WatchedCell(f"category-{n}", "06", "authority-1", "authority-2") for n in range(20)]
        counts = await reader.cell_counts(windows_of(cells, cursor[0], None, datetime(2011, 10, 1, tzinfo=UTC), UTC))
        assert sum(count.cases for count in counts.values())
        await reader.recent(12)
        await reader.tallies()
        days = await reader.days(["region.case.opened.v1", "region.case.overdue.v1"], 10)
        assert (len(days), days[-1]["day"] - days[0]["day"]) == (20, timedelta(days=9))
        assert not await reader.days(["region.case.joined.v1"])
        await reader.thanks("authority-3")
        await reader.item_states("triage")
        await reader.oldest_items("triage", "waiting", 25)
        await reader.item("triage", "case-20")
        await reader.open_letters()
        assert not scanned & LARGE
        assert explaining.indexes >= {"case_view_overdue", "case_view_thanked"}
    await pool.close()
