"""Words of an erased citizen leave the portal's pages, those too that are read after the word of the erasure."""

from __future__ import annotations

from datetime import timedelta

import httpx
from common.contracts.events import deliberation, intake

from tests.conftest import Ground
from tests.integration.portal.test_deliberation_pages import opened
from tests.integration.portal.test_ideas import IDEA, WORDS
from tests.kafka import at_rest, eventually
from tests.portal_rig import NOW, portal_rig, stands

LAMP, HOLE = "The lamp at our corner is dark", "The hole is as deep as a knee"


async def test_words_of_an_erased_citizen_leave_every_page_and_what_happened_stays(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        first = await rig.case(1, LAMP)
        await eventually(lambda: stands(rig, http, f"/cases/{first}", LAMP, headers=rig.machine))
        idea = deliberation.IdeaReceived(**IDEA, citizen="pseudonym", channel="web", words=WORDS, received_at=NOW)
        await rig.fact("deliberation", "deliberation.proceedings", idea.idea_id, idea)
        await eventually(lambda: stands(rig, http, "/ideas", WORDS))
        erased = intake.CitizenErased(citizen="pseudonym", actor="federal:centre", erased_at=NOW + timedelta(hours=1))
        await rig.fact("intake", "intake.erasures", "pseudonym", erased)
        await eventually(lambda: stands(rig, http, "/ideas", "not shown any more"))
        page = (await http.get(f"{rig.url}/cases/{first}", headers=rig.machine)).text
        assert LAMP not in page
        assert "Why it went there" in page
        assert WORDS not in (await http.get(f"{rig.url}/ideas")).text

        second = await rig.case(2, HOLE)
        await eventually(lambda: stands(rig, http, f"/cases/{second}", "Why it went there"))
        assert HOLE not in (await http.get(f"{rig.url}/cases/{second}", headers=rig.machine)).text
        third = await rig.case(90, HOLE)
        await eventually(lambda: stands(rig, http, f"/cases/{third}", HOLE, headers=rig.machine))


async def test_an_erased_voice_has_no_words_and_counts_on(ground: Ground) -> None:
    async with portal_rig(ground) as rig, httpx.AsyncClient(timeout=60) as http:
        await opened(rig, http)
        gone = deliberation.VoiceModerated(
            proposal_id="p1", voice_id="v3", number=5, hidden=True, reason="r", actor="citizen", erased=True,
            moderated_at=NOW,
        )  # fmt: skip
        await rig.fact("deliberation", "deliberation.voices", "p1", gone)
        await at_rest(ground, "portal")
        page = (await http.get(f"{rig.url}/proposals/p1")).text
        assert "I changed my mind." not in page
        assert "everything about its author was erased" in page
        assert "2 objections are not answered" in page
