"""The page of forecasts, from what the prediction loop publishes."""

from __future__ import annotations

import httpx

from tests.arrivals import facts_of_arrivals
from tests.conftest import Ground
from tests.kafka import eventually
from tests.portal_rig import portal_rig, stands


async def test_anybody_sees_what_will_come_to_a_region_and_whose_deadlines_are_in_danger(ground: Ground) -> None:
    async with portal_rig(ground, ()) as rig, httpx.AsyncClient(timeout=60) as http:
        early = (await http.get(f"{rig.url}/forecast?region=north", headers=rig.machine)).text
        assert "Nothing is forecast yet" in early
        for event in facts_of_arrivals():
            await rig.fact("reflex", "reflex.observations", "arrivals|north", event)
        await eventually(lambda: stands(rig, http, "/forecast?region=north", "Yard 01 in North will miss deadlines"))
        page = (await http.get(f"{rig.url}/forecast?region=north")).text
        assert "Forecast of load against what came: all cases" in page
        assert page.count("outside") == 1
        one = (await http.get(f"{rig.url}/forecast?region=north&series=category-pothole")).text
        assert "Forecast of load against what came: Pothole" in one
        other = (await http.get(f"{rig.url}/forecast?region=south")).text
        assert "will miss deadlines" not in other
        assert (await http.get(f"{rig.url}/forecast?region=nowhere")).status_code == 400
