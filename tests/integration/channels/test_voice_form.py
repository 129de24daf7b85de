"""Voices by the form for people without an account: taken once, of one person, told of, and refused in words."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest
from common.contracts.events.intake import VoiceGiven

from tests.conftest import Ground
from tests.integration.channels.test_edge import edge
from tests.integration.intake.test_voices import REFERENCE, opened
from tests.integration.intake.test_voices import told as tell
from tests.kafka import all_of, at_rest, eventually, records_of

FORM = "/speak/voice"
PORTAL = "https://portal.example.org"


def fields(**changes: str) -> dict[str, str]:
    given = {"proposal": REFERENCE, "stance": "object", "words": "Too far away", "address": "ann@example.org"}
    return {**given, "once": "a" * 16, "language": "en", **changes}


def own_once(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def shows(http: httpx.AsyncClient, path: str, words: str) -> bool:
    return words in (await http.get(path)).text


def speaks(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Another browser: without the cookies of the first."""
    return httpx.AsyncClient(base_url=http.base_url, timeout=120)


async def test_a_form_is_one_voice_however_often_it_is_sent_and_its_page_tells_what_became_of_it(
    ground: Ground,
) -> None:
    async with edge(ground) as (http, _):
        await opened(ground)
        answers = await asyncio.gather(*[http.post(FORM, data=fields()) for _ in range(4)])
        assert [a.status_code for a in answers] == [303] * 4, answers[0].text
        (where,) = {a.headers["location"] for a in answers}
        await eventually(lambda: shows(http, where, "Your words were taken"))
        (record,) = await records_of(ground, "operator", "intake.voices", 1)
        given = VoiceGiven.model_validate_json(record.value or b"")
        assert (given.stance, given.proposal, given.text) == ("object", REFERENCE, "Too far away")
        await tell(ground, given.citizen, "counted", given.voice_id, stance="object", title="T")
        await eventually(lambda: shows(http, where, "Your voice is counted"))
        page = await http.get(where)
        assert "ann@example.org" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "script" not in page.text
        russian = await http.get(where.replace("language=en", "language=ru"))
        assert "Ваш голос учтён" in russian.text
        other = where.split("?", maxsplit=1)[0].rpartition("/")[0]
        assert (await http.get(f"{other}/{'x' * 43}")).status_code == 404


async def test_who_goes_on_has_the_browser_or_the_link_and_nobody_else_changes_a_voice(ground: Ground) -> None:
    async with edge(ground) as (http, _), speaks(http) as elsewhere, speaks(http) as by_link:
        await opened(ground)
        first = await http.post(FORM, data=fields())
        assert first.status_code == 303, first.text
        mind = fields(stance="support", words="", once="b" * 16)
        stranger = await elsewhere.post(FORM, data=mind)
        assert (stranger.status_code, "in another browser" in stranger.text) == (409, True)
        assert (await http.post(FORM, data=mind)).status_code == 303
        key = first.headers["location"].split("?")[0].rpartition("/")[2]
        asked = fields(stance="question", words="Who pays?", once="c" * 16, key=key)
        assert (await by_link.post(FORM, data=asked)).status_code == 303
        wrong = await by_link.post(FORM, data={**asked, "address": "ben@example.org", "once": "d" * 16})
        assert (wrong.status_code, "not the address" in wrong.text) == (422, True)
        records = await records_of(ground, "operator", "intake.voices", 3)
        voices = [VoiceGiven.model_validate_json(r.value or b"") for r in records]
        assert [v.stance for v in voices] == ["object", "support", "question"]
        assert len({v.citizen for v in voices}) == 1


async def test_a_person_is_the_same_in_the_form_and_in_messages_of_the_channel(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        await opened(ground)
        assert (await http.post(FORM, data=fields(address="Ann@Example.org"))).status_code == 303
        body = {
            "conversation": "own", "contact": {"address": "ann@example.org"}, "text": "For", "proposal": REFERENCE,
        }  # fmt: skip
        assert (await http.post("/v1/channels/web/voices", json=body)).status_code == 202
        records = await records_of(ground, "operator", "intake.voices", 2)
        assert len({json.loads(r.value or b"")["citizen"] for r in records}) == 1


async def test_a_wish_names_no_proposal_and_is_told_by_its_own_reference(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        assert "A wish for another rule" in (await http.get(FORM)).text
        sent = await http.post(FORM, data=fields(proposal="", stance="", words="Mow the verges in May"))
        assert sent.status_code == 303
        (record,) = await records_of(ground, "operator", "intake.voices", 1)
        given = VoiceGiven.model_validate_json(record.value or b"")
        assert (given.proposal, given.stance, given.text) == (None, None, "Mow the verges in May")
        await eventually(lambda: shows(http, sent.headers["location"], "Your words were taken"))


@pytest.mark.parametrize(("language", "sorry"), [("en", "Say why you are against it"), ("ru", "почему вы против")])
async def test_what_cannot_be_taken_comes_back_with_what_was_typed_and_leaves_nothing(
    ground: Ground, language: str, sorry: str
) -> None:
    hostile = "<script>alert(1)</script>\"'"
    async with edge(ground, form_origins=PORTAL) as (http, _):
        wrong = await http.post(FORM, data=fields(words="", address=hostile, language=language))
        assert (wrong.status_code, sorry in wrong.text) == (422, True)
        assert "<script" not in wrong.text
        assert "&lt;script&gt;" in wrong.text
        assert f'lang="{language}"' in wrong.text
        named = {
            "another site": (await http.post(FORM, data=fields(), headers={"origin": "https://evil.example.org"}), 403),
            "no origin that is one": (await http.post(FORM, data=fields(), headers={"origin": "null"}), 403),
            "JSON": (await http.post(FORM, json=fields()), 415),
            "not UTF-8": (await http.post(FORM, content=b"words=%ff", headers=FORM_TYPE), 400),
            "many fields": (await http.post(FORM, content=b"a=1&" * 300, headers=FORM_TYPE), 400),
            "too large": (await http.post(FORM, content=b"words=" + b"x" * 300_000, headers=FORM_TYPE), 413),
            "another method": (await http.put(FORM), 405),
            "another page": (await http.get("/speak/else"), 404),
            "not a reference": (await http.get(FORM, params={"proposal": "<b>"}), 404),
        }
        for what, (answer, status) in named.items():
            assert answer.status_code == status, f"{what}: {answer.status_code}"
            assert "text/html" in answer.headers["content-type"], what
            assert "<html" in answer.text, what
        again = named["another site"][0].text
        assert "Too far away" in again
        taken = await http.post(FORM, data=fields(once=own_once(again)), headers={"origin": PORTAL})
        assert taken.status_code == 303
        await at_rest(ground, "intake", "channels")
        assert len(await all_of(ground, "operator", "intake.voices")) == 1


FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
