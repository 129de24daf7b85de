"""An order that Kafka does not confirm: nobody knows whether it was given, and the page says so."""

from __future__ import annotations

import asyncio

import httpx
from embedded.kafka_server import KafkaServer

from tests.conftest import Ground
from tests.integration.portal.test_pages import check_of
from tests.kafka import eventually
from tests.portal_rig import FEDERAL, portal_rig, stands


async def test_the_page_says_that_it_may_have_been_sent_and_keeps_what_was_written(ground: Ground) -> None:
    server = KafkaServer(ground.stack.folder)
    async with portal_rig(ground, ("rules",)) as rig, httpx.AsyncClient(timeout=120) as http:
        await rig.proposal("p1")
        await eventually(lambda: stands(rig, http, "/proposals/p1", "What would change"))
        federal = await rig.cookies(FEDERAL)
        page = (await http.get(f"{rig.url}/proposals/p1", cookies=federal)).text
        form = {"form": "decide-p1", "check": check_of(page), "proposal_id": "p1", "decision": "accept",
                "reason": "They end there."}  # fmt: skip
        await asyncio.to_thread(server.stop)
        try:
            answer = await http.post(f"{rig.url}/proposals/p1/decide", data=form, cookies=federal)
        finally:
            await asyncio.to_thread(server.start, ground.stack.kafka_password)
        assert answer.status_code == 503
        assert "It may have been sent or not" in answer.text
        assert "Nothing was sent" not in answer.text
        assert "They end there." in answer.text
