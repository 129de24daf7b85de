"""A case to which its citizen wrote a thousand times tells what it began with, and leads to all of it."""

from __future__ import annotations

import re

import asyncpg
import httpx

from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import portal_rig, stands

FLOOD = """
INSERT INTO case_event (case_id, id, source, type, time, correlation_id, topic, partition, "offset", appended_at, data)
SELECT 'case-1', 'flood-' || n, 'intake', 'intake.message.added.v1', timestamptz '2011-07-02' + n * interval '1 second',
       'c', 'intake.messages', 0, n, now(),
       json_build_object('case_id', 'case-1', 'text', 'word ' || n || ' of many', 'citizen', 'x')::text
FROM generate_series(1, 1200) AS n
"""


async def test_a_page_holds_the_newest_and_the_oldest_events_and_older_ones_are_a_link_away(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60, headers=rig.machine) as http:
        reference = await rig.case(1, "The first word")
        await eventually(lambda: stands(rig, http, f"/cases/{reference}", "The first word"))
        db = await asyncpg.connect(ground.urls["portal"])
        try:
            await db.execute(FLOOD)
        finally:
            await db.close()
        page = (await http.get(f"{rig.url}/cases/{reference}")).text
        assert "The first word" in page
        assert "Why it went there" in page
        assert "Jurisdiction" in page
        seen = set(re.findall(r"word (\d+) of many", page))
        assert "1200" in seen
        assert 500 <= len(seen) <= 520
        looked = 0
        while (older := re.search(r'href="(/cases/[^"]*/older\?before=\d+)"', page)) is not None:
            page = (await http.get(f"{rig.url}{older[1]}")).text
            seen |= set(re.findall(r"word (\d+) of many", page))
            looked += 1
        assert (len(seen), looked) == (1200, 2)
        assert (await http.get(f"{rig.url}/cases/{reference}/older?before=x")).status_code == 404
