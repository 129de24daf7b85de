"""The page of values, from what the introspection loop publishes."""

from __future__ import annotations

import httpx

from tests.conftest import Ground
from tests.kafka import eventually
from tests.mirror_of_values import mirrored
from tests.portal_rig import portal_rig, stands


async def test_anybody_sees_the_values_of_regions_week_by_week(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        early = (await http.get(f"{rig.url}/values", headers=rig.machine)).text
        assert "No week is over yet" in early
        for record in mirrored(a_day=40):
            if record.dimension in ("nation", "region"):
                await rig.fact("reflex", record.topic, record.record_key("introspection"), record, record.observed_at)
        await eventually(lambda: stands(rig, http, "/values", "Equity: differences for like cases"))
        page = (await http.get(f"{rig.url}/values")).text
        assert page.count("<figure>") == 8 * 3, "eight measures of the nation and of the federation's two regions"
        assert "Timeliness: missed the deadline" in page
        assert page.index("<b>North</b>") < page.index("<b>South</b>")
