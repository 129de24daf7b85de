"""An emergency, thanks, spam and a case in dispute, from a channel to the pages and back to the citizen."""

from __future__ import annotations

from pathlib import Path

import httpx
from common.contracts.events import region
from common.contracts.reference import reference_of

from tests.conftest import Ground
from tests.end_to_end.system import as_operator, everything, url
from tests.end_to_end.test_every_turn_is_told import DESK, OPERATOR, OTHER_DESK, Country
from tests.kafka import eventually


async def test_each_is_told_in_words_and_shown_to_people(ground: Ground, tmp_path: Path) -> None:
    async with everything(ground, tmp_path) as running, httpx.AsyncClient(timeout=60) as http:
        country = Country(ground)

        async def page(path: str, *words: str) -> None:
            async def shows() -> bool:
                text = (await http.get(url(running["portal"], path), headers=as_operator(ground))).text
                return all(word in text for word in words)

            await eventually(shows)

        await country.write("fire", "Горит дом на улице Ленина 5, там люди!", language="ru")
        told = await country.told("fire", "emergency")
        assert "немедленно позвоните по номеру 112" in told.text
        fire = country.cases["fire"]
        await country.came(fire, region.CaseAccepted)
        await page(f"/cases/{reference_of(fire)}", "the citizen is told to call 112", "emergency")

        await country.write("kind", "Thank you for fixing the hole so quickly!")
        assert "They are passed on" in (await country.told("kind", "thanked")).text
        await page("/cases?authority=yard-01", "1 citizen thanked", "state=thanked")
        await country.write("kind", "A hole again")
        await country.told("kind", "registered", times=2)

        await country.write("beside", "A hole by the gate")
        beside = country.cases["beside"]
        await country.came(beside, region.CaseAccepted)
        await country.order(region.JoinCase(actor=DESK, case_id=fire, into_case=beside))
        await country.came(beside, region.PriorityRaised)

        await country.write("spam", "Best online casino, buy now")
        await page("/triage", "may be spam", reference_of(country.cases["spam"]))

        await country.write("hole", "A hole by the tracks")
        hole = country.cases["hole"]
        await country.came(hole, region.CaseAccepted)
        await country.write("hole", "Now there is a fire in the hole, people are in danger!")
        await country.told("hole", "emergency")
        await country.came(hole, region.PriorityRaised)
        await page(f"/cases/{reference_of(hole)}", "by the rules its priority rises from", "emergency")
        await country.order(region.TransferCase(actor=DESK, case_id=hole, to_authority="yard-02"))
        await country.order(region.TransferCase(actor=OTHER_DESK, case_id=hole, to_authority="yard-01"))
        await country.order(region.TransferCase(actor=DESK, case_id=hole, to_authority="yard-02"))
        await country.came(hole, region.CommandRefused)
        claim = region.RaiseDispute(actor=DESK, case_id=hole, to_authority="yard-02", reason="Beside the tracks.")
        await country.order(claim)
        await page("/triage", "Beside the tracks.", reference_of(hole))
        await page(f"/cases/{reference_of(hole)}", "waits for the arbiter: the region decides whose it is")
        decided = region.SettleDispute(actor=OPERATOR, case_id=hole, to_authority="yard-02", reason="The tracks are.")
        await country.order(decided)
        await country.told("hole", "transferred", times=3)
        await page(f"/cases/{reference_of(hole)}", "The arbiter decided that it belongs to")
