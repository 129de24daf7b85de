"""A citizen asks over HTTP to be erased: by the conversation's secret alone, and in each of their conversations."""

from __future__ import annotations

import asyncpg
from common.contracts.events.intake import CitizenErased, ConversationErased, MessageRegistered

from tests.conftest import Ground
from tests.end_to_end.system import NOW, received
from tests.integration.channels.test_edge import MESSAGES, edge, told
from tests.integration.channels.test_who_may_speak import ADDRESS, bearer
from tests.kafka import records_of

ERASURES = "/v1/channels/web/erasures"


def wish(conversation: object) -> dict[str, object]:
    return {"conversation": conversation, "contact": {"address": ADDRESS}, "sent_at": NOW.isoformat()}


async def left(ground: Ground) -> dict[str, int]:
    """How much the vault has."""
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        tables = ("message", "conversation", "notice_delivery", "citizen_key")
        return {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608
    finally:
        await db.close()


async def test_an_erasure_over_http_needs_the_secret_of_each_conversation_of_the_contact(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        mine, other = received("Mine"), received("Begun by whoever named the same address")
        secrets = [(await http.post(MESSAGES, json=body)).json()["secret"] for body in (mine, other)]
        taken = await records_of(ground, "intake", "intake.messages", 2)
        (own,) = [e for r in taken if (e := MessageRegistered.model_validate_json(r.value or b"")).text == "Mine"]
        refused = [await http.post(ERASURES, json=wish(mine["conversation"]), headers=given)
                   for given in ({}, bearer(secrets[1]))]  # fmt: skip
        assert [r.status_code for r in refused] == [401, 403]

        asked = await http.post(ERASURES, json=wish(mine["conversation"]), headers=bearer(secrets[0]))
        assert asked.status_code == 202, asked.text
        assert (await told(http, asked.json()["status_url"], bearer(secrets[0])))["state"] == "erasure_waits"
        (record,) = await records_of(ground, "operator", "intake.erasures", 1)
        gone = ConversationErased.model_validate_json(record.value or b"")
        assert (gone.citizen, gone.cases, gone.messages) == (own.citizen, (own.case_id,), (own.message_id,))
        # What is provably theirs is gone, what somebody else may have begun stays.
        assert await left(ground) == {"message": 1, "conversation": 1, "notice_delivery": 0, "citizen_key": 1}

        again = await http.post(ERASURES, json=wish(other["conversation"]), headers=bearer(secrets[1]))
        assert (await told(http, again.json()["status_url"], bearer(secrets[1])))["state"] == "erased"
        *_, record = await records_of(ground, "operator", "intake.erasures", 2)
        assert CitizenErased.model_validate_json(record.value or b"").actor == "citizen"
