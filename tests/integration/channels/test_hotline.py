"""A call at the hotline, from the portal's pass to the caller's word on the answer, each step under a name."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
from common.contracts.events import intake, region
from common.contracts.hotline_pass import pass_for, vouch_for_records
from common.contracts.signing import Signer

from tests.conftest import Ground
from tests.end_to_end.system import NOW
from tests.integration.channels.test_edge import edge
from tests.integration.channels.test_load_of_others import by_north, opened
from tests.integration.channels.test_load_of_others import said as said_by
from tests.integration.channels.test_voice_form import shows
from tests.kafka import all_of, at_rest, eventually, records_of, types_of

NUMBER = {"number": "(617) 555-0100"}
MATTER = {"words": "A hole", "category": "pothole", "address": "1 Main St", "spoken": "en", "name": "Ann Example",
          "once": "a" * 16}  # fmt: skip
NORTH, SOUTH = "operator:north", "operator:south"
COLUMNS = "SELECT operator, caller IS NULL AS nobody, looks > 0 AS looked FROM hotline_call ORDER BY begun_at"


def given_pass(ground: Ground, person: str, principal: str = "portal", nonce: str = "n") -> dict[str, str]:
    signer = Signer.load(ground.keys, principal)
    assert signer is not None
    return {"pass": pass_for(person, datetime.now(UTC) + timedelta(minutes=5), f"{person}{nonce}", signer)}


async def entered(http: httpx.AsyncClient, ground: Ground, person: str) -> dict[str, str]:
    """The cookie of an operator's browser."""
    http.cookies.clear()
    answer = await http.post("/hotline/enter", data=given_pass(ground, person))
    assert (answer.status_code, answer.headers["location"]) == (303, "/hotline"), answer.text
    assert {"HttpOnly", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    cookies = dict(http.cookies)
    http.cookies.clear()
    return cookies


async def test_a_call_goes_from_the_number_to_the_verdict_and_each_look_has_a_name(ground: Ground) -> None:
    async with edge(ground, form_origins="https://portal.example.org") as (http, _):
        assert (await http.get("/hotline")).status_code == 401
        for wrong in (
            given_pass(ground, "federal:centre"),
            given_pass(ground, NORTH, "channels"),
            {"pass": "x"},
        ):
            assert (await http.post("/hotline/enter", data=wrong)).status_code == 401
        foreign = {"origin": "https://evil.example"}
        seen = await http.post("/hotline/enter", data=given_pass(ground, NORTH), headers=foreign)
        assert (seen.status_code, NORTH in seen.text, "set-cookie" in seen.headers) == (200, True, False)
        north = await entered(http, ground, NORTH)
        used = await http.post("/hotline/enter", data=given_pass(ground, NORTH))
        assert used.status_code == 401
        http.cookies = httpx.Cookies(north)

        unread = await http.post("/hotline/calls", data={"number": "unicorn"})
        assert (unread.status_code, 'value="unicorn"' in unread.text) == (422, True)
        assert (await http.post("/hotline/calls", data=NUMBER, headers=foreign)).status_code == 403
        begun = await http.post("/hotline/calls", data=NUMBER)
        call = begun.headers["location"].partition("?")[0]
        assert (begun.status_code, "5550100" in call) == (303, False)
        assert "Nothing is known here of this caller" in (await http.get(call)).text

        pointed = await http.post(call, data={**MATTER, "map272.x": "100", "map272.y": "100"})
        assert (pointed.status_code, "is chosen" in pointed.text, ">A hole<" in pointed.text) == (200, True, True)
        nowhere = await http.post(call, data={**MATTER, "address": "", "do": "read"})
        assert (nowhere.status_code, "Say where it is" in nowhere.text) == (422, True)
        read = await http.post(call, data={**MATTER, "do": "read"})
        assert all(one in read.text for one in ("Read this to the caller", "A hole", "1 Main St", "Ann Example"))
        assert await all_of(ground, "portal", "intake.messages") == []
        recorded = await asyncio.gather(*[http.post(call, data={**MATTER, "do": "record"}) for _ in range(3)])
        (where,) = {r.headers["location"] for r in recorded}
        changed = await http.post(call, data={**MATTER, "words": "Deeper", "do": "record"})
        assert "done=before" in changed.headers["location"]
        (record,) = await records_of(ground, "intake", "intake.messages", 1)
        message = intake.MessageRegistered.model_validate_json(record.value or b"")
        assert message.reference in where
        assert f"Tell the caller its number: {message.reference}" in (await http.get(where)).text

        await by_north(ground, opened(message.case_id).model_copy(update={"due_at": NOW + timedelta(days=3)}))
        south = await entered(http, ground, SOUTH)
        http.cookies = httpx.Cookies(south)
        assert (await http.get(call)).status_code == 404
        second = (await http.post("/hotline/calls", data={"number": "+1 617 555 0100"})).headers["location"]
        await eventually(lambda: shows(http, second, "An answer was due by"))
        page = (await http.get(second)).text
        assert (message.reference in page, ">A hole<" in page, "Yard 01" in page) == (True, True, True)
        second = second.partition("?")[0]
        said = {"case": message.reference, "once": "b" * 16}
        early = await http.post(second, data={**said, "act": "confirmed"})
        assert (early.status_code, "not possible for this case" in early.text) == (422, True)
        others = await http.post(second, data={**said, "case": "AAAAA-AAAAA", "act": "add", "words": "Mine"})
        assert others.status_code == 422
        added = await http.post(second, data={**said, "act": "add", "words": "It is by the school"})
        assert added.status_code == 303, added.text
        await records_of(ground, "intake", "intake.messages", 2)

        asked = region.CitizenAsked(
            case_id=message.case_id, region="north", authority="yard-01", actor="x", state="waiting",
            question="Which side?", ends_at=NOW + timedelta(days=9),
        )  # fmt: skip
        await by_north(ground, asked)
        await eventually(lambda: shows(http, second, "Which side?"))
        question = re.search(r'name="question" value="([^"]+)"', (await http.get(second)).text)
        assert question is not None
        told = await http.post(second, data={**said, "act": "told", "question": question[1]})
        assert told.status_code == 303
        await eventually(lambda: reached(ground))

        answered = region.CaseAnswered(
            case_id=message.case_id, region="north", authority="yard-01", actor="x", state="answered", text="Mended.",
            on_time=True, worked_minutes=1,
        )  # fmt: skip
        await by_north(ground, answered)
        await eventually(lambda: shows(http, second, "Mended."))
        verdict = await http.post(second, data={**said, "act": "confirmed", "rating": "5"})
        assert verdict.status_code == 303, verdict.text
        withheld = (await http.post("/hotline/calls", data={"withheld": "yes"})).headers["location"]
        assert "no history can be shown" in (await http.get(withheld)).text
        assert (await http.post("/hotline/leave")).status_code == 303
        http.cookies = httpx.Cookies(south)
        assert (await http.get(withheld)).status_code == 401

        await records_are_taken_once(ground, http, message)
        await at_rest(ground, "channels", "intake")
        kinds = types_of(await all_of(ground, "portal", "intake.messages"))
        assert (kinds.count(intake.MessageAdded.type), kinds.count(intake.VerdictGiven.type)) == (1, 1)
        db = await asyncpg.connect(ground.urls["channels"])
        try:
            calls = [tuple(row) for row in await db.fetch(COLUMNS)]
            assert calls == [(NORTH, False, True), (SOUTH, False, True), (SOUTH, True, True)]
            acts = [tuple(row) for row in await db.fetch("SELECT operator, act FROM hotline_record ORDER BY at")]
            assert acts == [
                (NORTH, "message"), (SOUTH, "add"), (SOUTH, "told"), (SOUTH, "confirmed"), ("installation", "record"),
                ("installation", "record"),
            ]  # fmt: skip
            kept = [
                *await db.fetch("SELECT * FROM hotline_call"),
                *await db.fetch("SELECT * FROM hotline_conversation"),
            ]
            assert not [row for row in kept if "5550100" in str(dict(row)) or "Ann Example" in str(dict(row))]

            erased = intake.CitizenErased(citizen=message.citizen, actor="x", erased_at=datetime.now(UTC))
            await said_by(ground, "intake", "intake.erasures", [(message.citizen, erased, None)], datetime.now(UTC))

            async def forgotten() -> bool:
                return await db.fetchval("SELECT count(*) FROM hotline_conversation WHERE caller IS NOT NULL") == 0

            await eventually(forgotten)
            calls = [tuple(row) for row in await db.fetch(COLUMNS)]
            assert calls == [(NORTH, True, True), (SOUTH, True, True), (SOUTH, True, True)]
        finally:
            await db.close()


async def reached(ground: Ground) -> bool:
    records = await all_of(ground, "portal", "intake.messages")
    return intake.QuestionDelivered.type in types_of(records)


async def records_are_taken_once(ground: Ground, http: httpx.AsyncClient, before: intake.MessageRegistered) -> None:
    """Records of calls from a file: of the operator's principal alone, each answered by itself, twice as once."""
    signer, other = Signer.load(ground.keys, "operator"), Signer.load(ground.keys, "portal")
    assert signer is not None
    assert other is not None
    call = {"id": "7", "number": "617-555-0100", "words": "A lamp is out", "called_at": NOW.isoformat()}
    lines = [call, call | {"id": "8", "number": ""}, call | {"id": "9", "number": "unicorn"}, {"id": "x"}]
    body = "".join(f"{json.dumps(one)}\n" for one in lines).encode() + b"[]\n"
    until = datetime.now(UTC) + timedelta(minutes=2)

    async def post(sent: bytes, signature: str) -> httpx.Response:
        headers = {"content-type": "application/x-ndjson", "x-otklik-signature": signature}
        return await http.post("/hotline/records", content=sent, headers=headers)

    for wrong in ("", vouch_for_records(body, until, other), vouch_for_records(body[1:], until, signer),
                  vouch_for_records(body, datetime.now(UTC), signer)):  # fmt: skip
        assert (await post(body, wrong)).status_code == 403
    first = await post(body, vouch_for_records(body, until, signer))
    answers = [json.loads(line) for line in first.text.splitlines()]
    assert [one["state"] for one in answers] == ["taken", "taken", "refused", "refused", "refused"], answers
    assert "unicorn" not in first.text
    again = await post(body, vouch_for_records(body, until, signer))
    assert [json.loads(line)["state"] for line in again.text.splitlines()][:2] == ["repeated"] * 2
    changed = json.dumps(call | {"words": "Two lamps"}).encode()
    (refused,) = (await post(changed, vouch_for_records(changed, until, signer))).text.splitlines()
    assert (json.loads(refused)["state"], "other words" in refused) == ("refused", True)

    async def registered() -> list[intake.MessageRegistered]:
        records = await all_of(ground, "portal", "intake.messages")
        kinds = zip(types_of(records), records, strict=True)
        return [intake.MessageRegistered.model_validate_json(r.value or b"") for t, r in kinds
                if t == intake.MessageRegistered.type]  # fmt: skip

    async def arrived() -> bool:
        return len(await registered()) == 3

    await eventually(arrived)
    lamps = [one for one in await registered() if one.text == "A lamp is out"]
    assert sorted(one.citizen == before.citizen for one in lamps) == [False, True]
    assert {one.reference for one in lamps} == {one["reference"] for one in answers[:2]}
