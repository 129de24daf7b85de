"""Voices on proposals over HTTP: who may give one, and what is told of it to whoever asks."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from common.contracts.events.intake import VoiceGiven, VoiceNoted

from tests.conftest import Ground
from tests.end_to_end.system import NOW, received
from tests.integration.channels.test_edge import MESSAGES, edge, told
from tests.integration.channels.test_load_of_others import edge_alone, said
from tests.integration.channels.test_who_may_speak import bearer
from tests.integration.intake.test_voices import REFERENCE, notices, opened
from tests.integration.intake.test_voices import told as tell
from tests.kafka import all_of, at_rest, eventually, records_of

VOICES = "/v1/channels/web/voices"


def voice(text: str = "Too far away", **fields: object) -> dict[str, object]:
    contact = {"address": "ann@example.org"}
    return {"conversation": "own", "contact": contact, "text": text, "sent_at": NOW.isoformat(), **fields}


async def test_a_voice_is_taken_once_and_its_sender_may_ask_what_became_of_it(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        await opened(ground)
        body, key = voice(proposal=REFERENCE, stance="object"), {"Idempotency-Key": "k"}
        answers = await asyncio.gather(*[http.post(VOICES, json=body, headers=key) for _ in range(4)])
        assert [a.status_code for a in answers] == [202] * 4, answers[0].text
        assert len({a.text for a in answers}) == 1
        secret, path = answers[0].json()["secret"], answers[0].json()["status_url"]
        state = await told(http, path, bearer(secret))
        assert (state["state"], state["proposal"], state["case_id"]) == ("given", REFERENCE, None)
        assert (state["status"], state["why"]) == (None, None)
        (record,) = await records_of(ground, "operator", "intake.voices", 1)
        given = VoiceGiven.model_validate_json(record.value or b"")
        assert (given.voice_id, given.stance) == (answers[0].json()["message_id"], "object")

        await tell(ground, given.citizen, "counted", given.voice_id, stance="object", title="T")

        async def counted() -> bool:
            return bool((await http.get(path, headers=bearer(secret))).json()["state"] == "counted")

        await eventually(counted)
        ((_, notice),) = await notices(ground, "channel.web.outbound")
        assert (notice.conversation, notice.outside_id) == ("own", answers[0].json()["event_id"])
        assert (await http.get(path, headers=bearer("another"))).status_code == 404


async def test_of_several_words_on_one_voice_the_last_stands(ground: Ground) -> None:
    async with edge_alone(ground) as http:
        posted = (await http.post(VOICES, json=voice(proposal=REFERENCE))).json()
        whose, name = bearer(posted["secret"]), posted["message_id"]
        states = ("given", "counted", "answered")
        await said(
            ground, "intake", "intake.messages",
            [(name, VoiceNoted(message_id=name, channel="web", state=s, proposal=REFERENCE), None) for s in states],
        )  # fmt: skip

        async def answered() -> bool:
            answer = await http.get(posted["status_url"], headers=whose)
            return answer.status_code == 200 and answer.json()["state"] == "answered"

        await eventually(answered)
        assert (await http.get(posted["status_url"], headers=whose)).json()["proposal"] == REFERENCE


async def test_bad_voices_and_those_of_others_are_refused_in_the_protocols_form(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        begun = await http.post(VOICES, json=voice())
        secret = bearer(begun.json()["secret"])
        refused = [
            (await http.post(VOICES, json=voice("Another"))).status_code,
            (await http.post(VOICES, json=voice("Another"), headers=bearer("x"))).status_code,
            (await http.post(VOICES, json=voice(stance="louder"), headers=secret)).status_code,
            (await http.post(VOICES, json=voice("x" * 5_000), headers=secret)).status_code,
            (await http.post(VOICES, json=voice(sent_at="0001-01-01T00:00:00Z"), headers=secret)).status_code,
            (await http.post("/v1/channels/pigeon/voices", json=voice())).status_code,
        ]
        assert refused == [401, 403, 422, 422, 422, 404]
        stranger = await http.post(VOICES, json=voice(contact={"address": "thief@example.org"}), headers=secret)
        state = await told(http, stranger.json()["status_url"], secret)
        assert (state["state"], "another contact" in state["reason"]) == ("refused", True)
        await at_rest(ground, "intake", "channels")
        assert len(await all_of(ground, "operator", "intake.voices")) == 1


async def test_a_posted_message_that_is_a_voice_is_told_of_as_one_and_opens_no_case(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        await opened(ground)
        await at_rest(ground, "intake")
        report = await http.post(MESSAGES, json=received("A hole"))
        reply = {k: v for k, v in received("A hole").items() if k not in ("category", "place")}
        reply |= {"text": f"{REFERENCE}: for", "sent_at": (NOW + timedelta(minutes=1)).isoformat()}
        posted = await http.post(MESSAGES, json=reply, headers=bearer(report.json()["secret"]))
        first = voice(f"{REFERENCE}: against, because it is far", conversation="new")
        begun = await http.post(MESSAGES, json=first)
        states = [
            await told(http, one.json()["status_url"], bearer(report.json()["secret"])) for one in (report, posted)
        ]
        states.append(await told(http, begun.json()["status_url"], bearer(begun.json()["secret"])))
        assert [(s["state"], s["proposal"], s["case_id"] is None) for s in states] == [
            ("registered", None, False), ("given", REFERENCE, True), ("given", REFERENCE, True),
        ]  # fmt: skip
        kept = [json.loads(r.value or b"") for r in await records_of(ground, "operator", "intake.voices", 2)]
        assert {k["text"] for k in kept} == {f"{REFERENCE}: for", f"{REFERENCE}: against, because it is far"}
