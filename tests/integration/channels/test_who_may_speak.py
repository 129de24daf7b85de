"""Who may speak in a conversation over HTTP, who may ask about it, and whose an idempotency key is."""

from __future__ import annotations

import asyncio

from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import channel
from common.contracts.events import intake as intake_events

from tests.conftest import Ground
from tests.end_to_end.system import NOW, received
from tests.integration.channels.test_edge import FORM, MESSAGES, REQUESTS, edge, told
from tests.kafka import records_of, send, types_of

VERDICTS = "/v1/channels/web/verdicts"
ADDRESS = "+1 617 555 0100"


def withdrawn(conversation: object) -> dict[str, object]:
    return {"conversation": conversation, "contact": {"address": ADDRESS}, "verdict": "withdrawn",
            "sent_at": NOW.isoformat()}  # fmt: skip


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def by_topic(ground: Ground, event: channel.MessageReceived | channel.VerdictReceived, event_id: str) -> None:
    envelope = Envelope(event_id, "world", event.type, NOW, event.conversation, event_id)
    record = (event.conversation, to_headers(envelope), event.model_dump_json().encode())
    await send(ground, "world", "channel.web.inbound", [record])


async def test_only_who_began_a_conversation_over_http_goes_on_in_it_judges_and_asks(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        mine = received("Mine")
        begun = await http.post(MESSAGES, json=mine, headers={"Idempotency-Key": "1"})
        again = await http.post(MESSAGES, json=mine, headers={"Idempotency-Key": "1"})
        assert begun.status_code == 202
        assert again.json() == begun.json()
        secret, other = begun.json()["secret"], (await http.post(MESSAGES, json=received("Other"))).json()["secret"]
        assert secret != other
        await records_of(ground, "intake", "intake.messages", 2)

        for conversation in (mine["conversation"], "nobody ever began this"):
            without = await http.post(VERDICTS, json=withdrawn(conversation))
            assert (without.status_code, without.headers["www-authenticate"]) == (401, 'Bearer realm="otklik"')
            assert "secret" in without.json()["error"]
            for wrong in (other.encode(), b"x", b"\xe9"):
                token = {"Authorization": b"Bearer " + wrong}
                refused = await http.post(VERDICTS, json=withdrawn(conversation), headers=token)
                assert refused.status_code == 403
        for key in ({}, {"Idempotency-Key": "2"}):
            later = await http.post(MESSAGES, json=mine | {"text": "Forget it"}, headers=key)
            assert later.status_code == 401
        path = begun.json()["status_url"]
        assert (await http.get(path)).status_code == 401
        found = [await http.get(path, headers=bearer(other)), await http.get("/v1/messages/x", headers=bearer(secret))]
        assert [f.status_code for f in found] == [404, 404]
        assert found[0].text == found[1].text

        owner = bearer(secret)
        added = await http.post(MESSAGES, json=mine | {"text": "More"}, headers=owner | {"Idempotency-Key": "2"})
        judged = await http.post(VERDICTS, json=withdrawn(mine["conversation"]), headers=owner)
        assert (added.status_code, judged.status_code) == (202, 202)
        kept = await records_of(ground, "intake", "intake.messages", 4)
        registered = await told(http, path, owner)
        assert (registered["state"], registered["status"], registered["why"]) == ("registered", "open", None)
        assert (await told(http, judged.json()["status_url"], owner))["state"] == "registered"

        verdict = channel.VerdictReceived.model_validate(withdrawn(mine["conversation"]) | {"verdict": "confirmed"})
        await by_topic(ground, verdict, "by the channel")
        kept = await records_of(ground, "intake", "intake.messages", 5)
    assert types_of(kept).count(intake_events.VerdictGiven.type) == 2
    assert intake_events.MessageRefused.type not in types_of(kept)


async def test_a_conversation_is_begun_once_and_one_of_the_channel_is_not_taken_over(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        mine = received("At once")
        several = await asyncio.gather(*[http.post(MESSAGES, json=mine | {"text": f"{n}"}) for n in range(8)])
        assert sorted(a.status_code for a in several) == [202] + [401] * 7
        await by_topic(ground, channel.MessageReceived.model_validate(received("By post")), "letter")
        await records_of(ground, "intake", "intake.messages", 2)
        name = received("By post")["conversation"]
        taking_over = await http.post(MESSAGES, json=received("By post") | {"text": "Mine now"})
        assert taking_over.status_code == 202
        secret = taking_over.json()["secret"]
        judged = await http.post(VERDICTS, json=withdrawn(name), headers=bearer(secret))
        assert judged.status_code == 202
        kept = await records_of(ground, "intake", "intake.messages", 4)
        states = [await told(http, one.json()["status_url"], bearer(secret)) for one in (taking_over, judged)]
        without = await http.post(MESSAGES, json=received("By post") | {"text": "Again"})
        assert without.status_code == 401
    assert types_of(kept).count(intake_events.MessageRefused.type) == 2
    assert [(s["state"], "begun on the channel" in s["reason"]) for s in states] == [("refused", True)] * 2


async def test_an_idempotency_key_belongs_to_who_sends_it(ground: Ground) -> None:
    key = {"Idempotency-Key": "1"}
    async with edge(ground) as (http, _):
        one, two = [await http.post(MESSAGES, json=received(name), headers=key) for name in ("One", "Two")]
        assert (one.status_code, two.status_code) == (202, 202)
        assert one.json()["event_id"] != two.json()["event_id"]
        own = bearer(one.json()["secret"])
        other_body = await http.post(MESSAGES, json=received("One") | {"text": "x"}, headers=key | own)
        assert other_body.status_code == 422
        spoiling = await http.post(MESSAGES, json=received("One") | {"text": "x"}, headers={"Idempotency-Key": "2"})
        assert spoiling.status_code == 401
        unspoilt = await http.post(
            MESSAGES, json=received("One") | {"text": "y"}, headers={"Idempotency-Key": "2"} | own
        )
        assert unspoilt.status_code == 202
        guesses = {derived_id("idempotency", "web", channel.MessageReceived.type, "1"), derived_id("1"), "1"}
        assert one.json()["event_id"] not in guesses

        forms = [
            FORM, FORM, FORM | {"email": "bob@example.org"}, {k: v for k, v in FORM.items() if k != "email"},
            {k: v for k, v in FORM.items() if k != "email"} | {"description": "A bump"},
        ]  # fmt: skip
        posted = [await http.post(REQUESTS, data=form, headers=key) for form in forms]
        assert [p.status_code for p in posted] == [201] * 5
        numbers = [p.json()[0]["service_request_id"] for p in posted]
        assert numbers[0] == numbers[1]
        assert len(set(numbers)) == 4
        changed = await http.post(REQUESTS, data=FORM | {"description": "x"}, headers=key)
        assert (changed.status_code, changed.json()[0]["code"]) == (422, 422)
        path = f"/open311/v2/requests/{numbers[0]}.json"
        shown = (await told(http, path))[0]
        assert (shown["status"], shown["description"]) == ("open", FORM["description"])
        assert "ann@example.org" not in str(shown)
        kept = await records_of(ground, "intake", "intake.messages", 7)
    assert len(kept) == 7
