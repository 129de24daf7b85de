"""The HTTP edges on the real broker: what they take, what they refuse and how they say so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import channels.app
import httpx
import intake.app
import pytest
from channels.post_places import Places
from common.contracts.events import channel
from common.contracts.events import intake as intake_events
from common.runtime.service import Service
from embedded.kafka_server import KafkaServer

from tests.conftest import Ground
from tests.end_to_end.system import received
from tests.kafka import eventually, records_of, types_of

MESSAGES = "/v1/channels/web/messages"
REQUESTS = "/open311/v2/requests.json"
FORM = {"service_code": "Pothole", "lat": "0.5", "long": "0.5", "description": "A hole", "email": "ann@example.org"}


@asynccontextmanager
async def edge(ground: Ground, **changes: object) -> AsyncIterator[tuple[httpx.AsyncClient, Service]]:
    """The edges, and intake behind them."""
    vault = Service(ground.settings("intake"), intake.app.build)
    service = Service(ground.settings("channels", **changes), channels.app.build)
    try:
        await asyncio.gather(vault.start(), service.start())
        address = f"http://127.0.0.1:{service.http_port}"
        async with httpx.AsyncClient(base_url=address, timeout=120) as http:
            yield http, service
    finally:
        await asyncio.gather(service.stop(), vault.stop())


async def told(http: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> Any:
    """What an edge answers once it knows of a message or case."""

    async def known() -> bool:
        return (await http.get(path, headers=headers)).status_code == 200

    await eventually(known)
    return (await http.get(path, headers=headers)).json()


async def shows(http: httpx.AsyncClient, where: str, words: str) -> bool:
    return words in (await http.get(where)).text


async def raw(service: Service, head: str, body: bytes) -> str:
    """The first line of the answer to a request that is not finished."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.http_port)
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        return (await asyncio.wait_for(reader.readline(), 120)).decode()
    finally:
        writer.close()


async def test_bad_requests_are_refused_in_the_protocols_form_and_a_good_one_is_taken(ground: Ground) -> None:
    good = json.dumps(received()).encode()
    js = {"content-type": "application/json"}
    cases: list[tuple[str, str, bytes, dict[str, str], int]] = [
        ("empty", MESSAGES, b"", js, 400),
        ("garbage", MESSAGES, b"\xff\x00", js, 400),
        ("UTF-16, nested", MESSAGES, ('{"a":' * 500).encode("utf-16"), js, 400),
        ("UTF-16 without a mark", MESSAGES, json.dumps(received()).encode("utf-16-le"), js, 400),
        ("UTF-32", MESSAGES, json.dumps(received()).encode("utf-32"), js, 400),
        ("a byte order mark", MESSAGES, b"\xef\xbb\xbf" + good, js, 400),
        ("quotes without end", MESSAGES, b'{"' + b"\\\"" * 100_000 + b"[" * 50, js, 400),
        ("5,000 digits", MESSAGES, good.replace(b'"lat": 0.5', b'"lat": ' + b"9" * 5000), js, 400),
        ("10,000 keys", MESSAGES, json.dumps({str(n): n for n in range(10_000)}).encode(), js, 422),
        ("many fields", REQUESTS, b"&".join(b"a%d=1" % n for n in range(1000)), {}, 400),
        ("nested", MESSAGES, b'{"a":' * 50, js, 400),
        ("a list", MESSAGES, b"[]", js, 400),
        ("a key twice", MESSAGES, b'{"text": "a", "text": "b"}', js, 400),
        ("NaN", MESSAGES, good.replace(b'"lat": 0.5', b'"lat": NaN'), js, 400),
        ("a huge number", MESSAGES, good.replace(b'"lat": 0.5', b'"lat": ' + b"9" * 400), js, 422),
        ("words for a point", MESSAGES, good.replace(b'"lat": 0.5', b'"lat": "north"'), js, 422),
        ("beyond the pole", MESSAGES, good.replace(b'"lat": 0.5', b'"lat": 91'), js, 422),
        ("NUL", MESSAGES, good.replace(b"A pothole", b"A\\u0000hole"), js, 422),
        ("half a pair", MESSAGES, good.replace(b"A pothole", b"A\\ud800hole"), js, 422),
        ("a name that nobody sees", MESSAGES, good.replace(b"thread-", b"\\u202ethread-"), js, 422),
        ("wrong schema", MESSAGES, b'{"text": "x"}', js, 422),
        ("the year 1", MESSAGES, good.replace(b"2011-07-01", b"0001-01-01"), js, 422),
        ("the year 9999", MESSAGES, good.replace(b"2011-07-01", b"9999-12-31"), js, 422),
        ("beyond all years", MESSAGES, good.replace(b"2011-07-01T14:00:00Z", b"9999-12-31T23:59:59-14:00"), js, 422),
        ("a form", MESSAGES, good, {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("latin", MESSAGES, good, {"content-type": "application/json; charset=latin-1"}, 415),
        ("zipped", MESSAGES, good, js | {"content-encoding": "gzip"}, 415),
        ("unknown channel", "/v1/channels/pigeon/messages", good, js, 404),
        ("unknown path", "/v1/pigeons", good, js, 404),
        ("Open311 as JSON", REQUESTS, b"{}", js, 415),
        ("Open311 without place", REQUESTS, b"service_code=Pothole", {}, 400),
        ("Open311 unknown place", REQUESTS, b"service_code=Pothole&lat=1&long=1&jurisdiction_id=moon", {}, 404),
        ("Open311 unknown path", "/open311/v2/pigeons.json", b"", {}, 404),
    ]  # fmt: skip
    async with edge(ground) as (http, _):
        for what, path, body, headers, status in cases:
            answer = await http.post(path, content=body, headers=headers)
            assert answer.status_code == status, f"{what}: {answer.status_code} {answer.text}"
            said = answer.json()
            if path.startswith("/open311"):
                assert [set(e) for e in said] == [{"code", "description"}], what
                assert said[0]["code"] == status
            else:
                assert said["error"], what
        wrong_method = await http.put(REQUESTS)
        assert (wrong_method.status_code, wrong_method.json()[0]["code"]) == (405, 405)
        whose = {"Authorization": "Bearer x"}
        assert (await http.get("/v1/messages/%00", headers=whose)).status_code == 404
        assert (await http.get("/open311/v2/requests/%00.json")).status_code == 404
        taken = await http.post(MESSAGES, content=good)
        assert taken.status_code == 202, taken.text
        kept = await records_of(ground, "intake", "intake.messages", 1)
    assert types_of(kept) == [intake_events.MessageRegistered.type]


async def test_a_large_body_is_refused_before_it_has_come(ground: Ground) -> None:
    async with edge(ground) as (_, service):
        head = f"POST {MESSAGES} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        declared = await raw(service, head + "content-length: 10000000\r\n\r\n", b"{")
        assert " 413 " in declared
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        chunked = await raw(service, head + "transfer-encoding: chunked\r\n\r\n", chunk * 5)
        assert " 413 " in chunked


async def test_an_idempotency_key_is_one_message_and_never_two(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        body, key = received("Twice"), {"Idempotency-Key": "k1"}
        answers = await asyncio.gather(*[http.post(MESSAGES, json=body, headers=key) for _ in range(8)])
        assert {a.status_code for a in answers} == {202}
        assert len({a.json()["message_id"] for a in answers}) == 1
        other = await http.post(MESSAGES, json=body | {"text": "Another"}, headers=key)
        assert (other.status_code, "another body" in other.json()["error"]) == (422, True)
        elsewhere = await http.post("/v1/channels/hotline/messages", json=received("Another"), headers=key)
        assert elsewhere.status_code == 202
        forms = [await http.post(REQUESTS, data=FORM, headers=key) for _ in range(2)]
        assert forms[0].json() == forms[1].json()
        kept = await records_of(ground, "intake", "intake.messages", 3)
    assert len(kept) == 3


async def test_who_says_too_much_is_told_in_the_protocols_form_when_more_is_taken(ground: Ground) -> None:
    few = {"conversation_burst": 2, "conversation_rate": 1, "key_burst": 3, "key_rate": 0.01, "reading_burst": 50,
           "reading_rate": 1, "http_rate": 0}  # fmt: skip
    async with edge(ground, open311_keys="secret", **few) as (http, _):
        mine = received("Mine")
        own = {"Authorization": f"Bearer {(await http.post(MESSAGES, json=mine)).json()['secret']}"}
        for _ in range(3):
            assert (await http.post(MESSAGES, json=mine | {"text": "Not mine"})).status_code == 401
        more = [await http.post(MESSAGES, json=mine | {"text": f"More {n}"}, headers=own) for n in range(3)]
        assert [a.status_code for a in more] == [202, 429, 429]
        assert (0 < int(more[2].headers["retry-after"]) <= 60, "this conversation" in more[2].json()["error"]) == (
            True, True,
        )  # fmt: skip
        assert (await http.post(MESSAGES, json=received("Another's"))).status_code == 202

        async def asked() -> bool:
            return (await http.get(more[0].json()["status_url"], headers=own)).status_code == 429

        await eventually(asked)

        for _ in range(5):
            assert (await http.post(REQUESTS, data=FORM | {"api_key": "wrong"})).status_code == 403
        with_key = [await http.post(REQUESTS, data=FORM | {"api_key": "secret", "phone": f"{n}"}) for n in range(4)]
        assert [a.status_code for a in with_key] == [201, 201, 201, 429]
        assert with_key[3].json() == [{"code": 429, "description": with_key[3].json()[0]["description"]}]
        xml = await http.post(REQUESTS.replace("json", "xml"), data=FORM | {"api_key": "secret"})
        assert (xml.status_code, int(xml.headers["retry-after"]) > 60) == (429, True)
        assert "<errors>\n  <error>\n    <code>429</code>\n    <description>too many requests" in xml.text

        report = {"words": "A hole", "lat": "0.5", "lon": "0.5", "contact": "dan@example.org", "once": "a" * 16}
        page = (await http.post("/report", data=report)).headers["location"]
        added = [
            await http.post(
                page, data={"act": "add", "words": f"By the school {n}", "once": "b" * 16, "language": "en"}
            )
            for n in range(2)
        ]
        assert [a.status_code for a in added] == [303, 429]
        assert ("By the school 1" in added[1].text, "said here in a short time" in added[1].text) == (True, True)
        assert 1 < int(added[1].headers["retry-after"]) <= 60
        seen = [await http.get(page) for _ in range(50)]
        assert {a.status_code for a in seen} == {200, 429}
        assert ("opened too often" in seen[-1].text, 1 < int(seen[-1].headers["retry-after"]) <= 60) == (True, True)
        figures = (await http.get("/metrics")).text
    for limit in ("conversation", "reading", "key"):
        assert f'otklik_http_limited_total{{limit="{limit}"}}' in figures


async def test_an_open311_request_can_be_looked_up_by_what_post_returned(ground: Ground) -> None:
    async with edge(ground, open311_keys="secret, other") as (http, _):
        refused = [await http.post(REQUESTS, data=FORM | given) for given in ({}, {"api_key": "wrong"})]
        assert [(r.status_code, r.json()[0]["code"]) for r in refused] == [(403, 403)] * 2
        posted = await http.post(REQUESTS, data=FORM | {"api_key": "secret", "attribute[DEPTH]": "10 cm"})
        assert posted.status_code == 201, posted.text
        path = f"/open311/v2/requests/{posted.json()[0]['service_request_id']}.json"
        found = await told(http, path)
        assert [(f["status"], f["service_request_id"]) for f in found] == [
            ("open", posted.json()[0]["service_request_id"])
        ]
        kept = await records_of(ground, "intake", "intake.messages", 1)
    said = intake_events.MessageRegistered.model_validate_json(kept[0].value or b"")
    assert said.text == "A hole\nDEPTH: 10 cm"
    assert "secret" not in (kept[0].value or b"").decode()


async def test_nothing_is_acknowledged_without_kafka_and_it_works_again_after(ground: Ground) -> None:
    server = KafkaServer(ground.stack.folder)
    async with edge(ground) as (http, _):
        assert (await http.post(MESSAGES, json=received("Before"))).status_code == 202
        await records_of(ground, "intake", "intake.messages", 1)
        await asyncio.to_thread(server.stop)
        try:
            away = await http.post(MESSAGES, json=received("During"), headers={"Idempotency-Key": "during"})
        finally:
            await asyncio.to_thread(server.start, ground.stack.kafka_password)
        assert away.status_code == 503
        stranger = await http.post(
            MESSAGES, json=received("During") | {"text": "Mine"}, headers={"Idempotency-Key": "x"}
        )
        assert stranger.status_code == 401
        assert away.headers["retry-after"] == "1"

        async def again() -> bool:
            answer = await http.post(MESSAGES, json=received("During"), headers={"Idempotency-Key": "during"})
            return answer.status_code == 202

        await eventually(again)
        kept = await records_of(ground, "intake", "intake.messages", 2)
        texts = [intake_events.MessageRegistered.model_validate_json(k.value or b"").text for k in kept]
    assert sorted(texts) == ["Before", "During"]


async def test_honest_posts_are_taken_beside_hundreds_of_slow_ones(ground: Ground) -> None:
    async with edge(ground) as (http, service):
        head = f"POST {MESSAGES} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
        slow = [await asyncio.open_connection("127.0.0.1", service.http_port) for _ in range(300)]
        for _, writer in slow:
            writer.write(head.encode() + b"{")
        honest = [await http.post(MESSAGES, json=received(f"Honest {n}")) for n in range(40)]
        for _, writer in slow:
            writer.close()
        kept = await records_of(ground, "intake", "intake.messages", 40)
    assert [a.status_code for a in honest] == [202] * 40
    assert len(kept) == 40


async def test_one_source_has_at_most_half_of_the_places_and_503_is_for_when_all_are_taken(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.edge.MAX_CONCURRENT_POSTS", 4)
    made: list[Places] = []

    class SeenPlaces(Places):
        def __init__(self, count: int) -> None:
            super().__init__(count)
            made.append(self)

    monkeypatch.setattr("channels.edge.Places", SeenPlaces)
    async with edge(ground) as (http, _):
        address = str(http.base_url)
        async with asyncpg.create_pool(ground.urls["channels"]) as pool, pool.acquire() as db, db.transaction():
            await db.execute("LOCK TABLE idempotency")
            told: list[int] = []

            async def has_its_place(task: asyncio.Task[httpx.Response], number: int) -> bool:
                """Or none, and is answered."""
                return task.done() or made[0].taken == number

            waiting: list[asyncio.Task[httpx.Response]] = []
            for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
                transport = httpx.AsyncHTTPTransport(verify=False, local_address=host)
                async with httpx.AsyncClient(base_url=address, transport=transport, timeout=60) as one:
                    for n in range(3):
                        key = {"Idempotency-Key": f"{host} {n}"}
                        task = asyncio.create_task(one.post(MESSAGES, json=received(f"{host} {n}"), headers=key))
                        waiting.append(task)
                        under_way = len(waiting) - len(told)
                        await eventually(partial(has_its_place, task, under_way))
                        if task.done():
                            assert task.result().headers["retry-after"] == "1"
                            told.append(task.result().status_code)
        assert told == [429, 429, 503, 503, 503]


async def test_another_contact_cannot_speak_in_a_conversation(ground: Ground) -> None:
    async with edge(ground) as (http, _):
        mine = received("Mine")
        begun = await http.post(MESSAGES, json=mine)
        whose = {"Authorization": f"Bearer {begun.json()['secret']}"}
        await records_of(ground, "intake", "intake.messages", 1)
        verdict = {"conversation": mine["conversation"], "contact": {"address": "thief@example.org"},
                   "verdict": "withdrawn", "sent_at": mine["sent_at"]}  # fmt: skip
        posted = await http.post("/v1/channels/web/verdicts", json=verdict, headers=whose)
        kept = await records_of(ground, "intake", "intake.messages", 2)
        state = await told(http, posted.json()["status_url"], whose)
    assert types_of(kept).count(intake_events.MessageRefused.type) == 1
    assert (state["state"], "another contact" in state["reason"]) == ("refused", True)
    assert channel.VerdictReceived.type not in types_of(kept)
