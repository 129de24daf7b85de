"""What an outsider plants, in any field, header, key or id, by any way in, is found nowhere past intake's vault."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from common.contracts.catalogue import TOPICS, topic_of
from common.contracts.envelope import OWN_NAMES, Headers, header_map
from common.contracts.events import channel, operations, region, routing
from common.contracts.events.base import Actor
from common.contracts.signing import Signer
from common.messaging.kafka import read_to_end
from common.runtime.service import Service, ServiceSpec
from embedded.provision import provision_channel
from embedded.stack import Stack

from tests.anonymous import addresses
from tests.conftest import Ground, new_ground
from tests.end_to_end.planting import Planted, struck_text
from tests.end_to_end.planting_at_edges import CHANNELS, VK, Edges, far_sides
from tests.end_to_end.system import NOW, as_operator, command, everything, url
from tests.end_to_end.test_rejections import access_of
from tests.integration.channels.test_messengers import federation_with
from tests.kafka import admin, at_rest, eventually, records_of

PLANTING, LOST = "planting-post", "lost-post"
KNOWN = {"category": "Pothole", "place.lat": 0.5, "place.lon": 0.5}
FIXED_HEADERS = {"ce_specversion": b"1.0", "ce_time": NOW.isoformat().encode(), "ce_sequence": b"1"}
"""Our own headers whose values have a form of their own; into all others a sender may write what it likes."""
FORM = (
    "jurisdiction_id", "api_key", "address_string", "address_id", "email", "device_id", "account_id", "first_name",
    "last_name", "phone", "media_url",
)  # fmt: skip
"""Fields of GeoReport v2 besides service_code, lat, long, description and attributes, and what others send of it."""
DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")


class Planter:
    """An integrator that plants a word wherever it may write."""

    def __init__(self, ground: Ground, channel: str, producer: AIOKafkaProducer, planted: Planted) -> None:
        self._topics = ground.installation.physical(f"channel.{channel}.{{}}")
        self._producer = producer
        self._planted = planted

    def headers(self, where: str, kind: bytes | None) -> Headers:
        word = self._planted.word
        given = {
            name: FIXED_HEADERS.get(name) or word(f"{where} header {name}").encode()
            for name in sorted(OWN_NAMES - {"ce_type"})
        }
        given |= {"ce_type": kind} if kind is not None else {"ce_type": word(f"{where} header ce_type").encode()}
        foreign = {name: word(f"{where} header {name}").encode() for name in ("traceparent", "baggage", "user-agent")}
        named = {word(f"{where} name of a header"): word(f"{where} header of its own name").encode()}
        return [*given.items(), *foreign.items(), *named.items()]

    async def send(
        self, where: str, kind: bytes | None, body: bytes | dict[str, Any], stream: str = "inbound",
        headers: Headers | None = None,
    ) -> None:  # fmt: skip
        await self._producer.send_and_wait(
            self._topics.format(stream),
            key=self._planted.word(f"{where} key").encode(),
            value=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers=headers if headers is not None else self.headers(where, kind),
        )


async def plant_by_kafka(planter: Planter, planted: Planted) -> None:
    """Messages, verdicts and voices that are taken, that are refused and that cannot be read; receipts."""
    kinds = (channel.MessageReceived, channel.VerdictReceived, channel.VoiceReceived, channel.NoticeDelivered)
    message, verdict, voice, receipt = (m.type.encode() for m in kinds)
    first = planted.model(channel.MessageReceived, "kafka message", KNOWN, NOW)
    same = {"conversation": first["conversation"], "contact": first["contact"]}
    await planter.send("kafka message", message, first)
    await planter.send("kafka later message", message, {**first, **same})
    judged = planted.model(channel.VerdictReceived, "kafka verdict", {}, NOW)
    await planter.send("kafka verdict of no case", verdict, {**judged, **same})
    await planter.send("kafka verdict", verdict, {**judged, **same, "case_reference": None})
    # In the case's conversation and in one of its own; of an unknown proposal, of one by its form, and of none.
    said = planted.model(channel.VoiceReceived, "kafka voice", {}, NOW)
    await planter.send("kafka voice", voice, {**said, **same})
    await planter.send("kafka voice of its own", voice, {**said, "proposal": "P-7K2MNA"})
    await planter.send("kafka wish", voice, {**said, "proposal": None, "stance": None})
    await planter.send("kafka stranger's voice", voice, {**said, "conversation": first["conversation"]})
    await planter.send("kafka voice wrong", voice, {**said, "stance": planted.word("kafka stance")})
    strange = {name: value for name, value in KNOWN.items() if name != "category"}
    await planter.send(
        "kafka category", message, planted.model(channel.MessageReceived, "kafka category", strange, NOW)
    )
    # Refused: of somebody else's conversation, of another year, a verdict on nothing.
    other = planted.model(channel.MessageReceived, "kafka stranger", KNOWN, NOW)
    await planter.send("kafka stranger", message, {**other, "conversation": first["conversation"]})
    old = planted.model(channel.MessageReceived, "kafka untimely", KNOWN, NOW - timedelta(days=900))
    await planter.send("kafka untimely", message, old)
    nothing = planted.model(channel.VerdictReceived, "kafka verdict on nothing", {}, NOW)
    await planter.send("kafka verdict on nothing", verdict, nothing)
    link = planted.model(channel.LinkRequested, "kafka link", {}, NOW)
    await planter.send("kafka link in nothing", channel.LinkRequested.type.encode(), link)
    await planter.send("kafka link", channel.LinkRequested.type.encode(), {**link, **same})
    support = planted.model(channel.SupportReceived, "kafka support", {}, NOW)
    await planter.send("kafka support", channel.SupportReceived.type.encode(), {**support, **same})
    await planter.send("kafka support in nothing", channel.SupportReceived.type.encode(), support)
    # Whoever is erased, and whoever asks for it in no conversation.
    gone = planted.model(channel.MessageReceived, "kafka erased", KNOWN, NOW)
    await planter.send("kafka erased", message, gone)
    wish, erasure = planted.model(channel.ErasureRequested, "kafka erasure", {}, NOW), channel.ErasureRequested.type
    await planter.send("kafka erasure in nothing", erasure.encode(), wish)
    own = {"conversation": gone["conversation"], "contact": gone["contact"]}
    await planter.send("kafka erasure", erasure.encode(), {**wish, **own})
    # Not taken: no event, of no known type, with wrong values, with a header that is no text, one id for two bodies.
    word = planted.word
    await planter.send("kafka garbage", message, f"{word('kafka garbage')} {struck_text()}".encode())
    await planter.send("kafka type", None, planted.model(channel.MessageReceived, "kafka type", KNOWN, NOW))
    wrong = planted.model(channel.MessageReceived, "kafka wrong", KNOWN, NOW)
    for name in channel.MessageReceived.model_fields:
        await planter.send(f"kafka wrong {name}", message, {**wrong, name: {word(f"kafka {name}"): word("kafka deep")}})
    await planter.send("kafka verdict wrong", verdict, {**nothing, "verdict": word("kafka verdict of no kind")})
    headers = planter.headers("kafka header", message)
    await planter.send("kafka header", message, other, headers=[*headers, ("ce_subject", b"\xff" + b"zq")])
    headers = planter.headers("kafka repeated", message)
    for number in range(2):
        body = planted.model(channel.MessageReceived, f"kafka repeated {number}", KNOWN, NOW)
        await planter.send("kafka repeated", message, body, headers=headers)
    wrong = planted.model(channel.NoticeDelivered, "kafka receipt", {}, NOW)
    await planter.send("kafka receipt", receipt, wrong, "receipts")
    await planter.send("kafka receipt wrong", receipt, {**wrong, "delivered": word("kafka delivered")}, "receipts")


async def plant_by_http(http: httpx.AsyncClient, base: str, planted: Planted) -> None:
    """The same by JSON and by Open311, taken and refused."""
    word = planted.word

    def headers(where: str) -> dict[str, str]:
        names = ("Idempotency-Key", "User-Agent", "Traceparent", "Baggage", "Cookie", "Authorization", "Referer",
                 "X-Request-Id", "X-Forwarded-For", "Ce-Id", "Correlation_Id")  # fmt: skip
        given = {name: word(f"{where} header {name}") for name in names}
        return {**given, word(f"{where} name of a header"): word(f"{where} header of its own name")}

    message = planted.model(channel.MessageReceived, "http message", KNOWN, NOW)
    verdict = planted.model(channel.VerdictReceived, "http verdict", {}, NOW)
    verdict |= {"conversation": message["conversation"], "contact": message["contact"], "case_reference": None}
    messages, verdicts, voices, erasures, links = (
        f"{base}/v1/channels/web/{what}" for what in ("messages", "verdicts", "voices", "erasures", "links")
    )
    asked = {word("http query name"): word("http query")}
    posted = await http.post(messages, json=message, headers=headers("http message"), params=asked)
    assert posted.status_code == 202, posted.text
    spoken = planted.model(channel.VoiceReceived, "http voice", {}, NOW)
    assert (await http.post(voices, json=spoken, headers={"Idempotency-Key": word("http voice")})).status_code == 202
    strange = planted.model(channel.MessageReceived, "http category", {"place.lat": 0.5, "place.lon": 0.5}, NOW)
    assert (await http.post(messages, json=strange, headers=headers("http category"))).status_code == 202
    form = {"service_code": "Pothole", "lat": "0.5", "long": "0.5", "description": struck_text()}
    form |= {"attribute[NOTES]": struck_text(), **{name: word(f"open311 {name}") for name in FORM}}
    form |= {"address_string": struck_text(), "jurisdiction_id": "test", word("open311 a name"): word("open311")}
    taken = await http.post(f"{base}/open311/v2/requests.json", data=form, headers=headers("open311"))
    assert taken.status_code == 201, taken.text
    refused = [
        await http.post(verdicts, json=verdict, headers=headers("http verdict")),
        await http.post(erasures, json=planted.model(channel.ErasureRequested, "http erasure", {}, NOW)),
        await http.post(links, json=planted.model(channel.LinkRequested, "http link", {}, NOW)),
        await http.post(voices, json={**spoken, "stance": word("http stance")}),
        await http.post(messages, content=word("http garbage").encode(), headers=headers("http garbage")),
        await http.post(messages, json={**message, "text": {word("http wrong"): 1}}, headers=headers("http wrong")),
        await http.post(f"{base}/v1/channels/{word('http channel')}/messages", json=message),
        await http.get(f"{base}/v1/messages/{word('http id')}", headers=headers("http id")),
        await http.get(f"{base}/{word('http path')}"),
        await http.request(word("http method").upper(), base),
        await http.post(f"{base}/open311/v2/requests.json", data={**form, "service_code": word("open311 code")}),
        await http.post(f"{base}/open311/v2/requests.json", data={**form, "lat": word("open311 lat")}),
        await http.get(f"{base}/open311/v2/requests/{word('open311 id')}.json"),
    ]
    assert [r.status_code for r in refused[1:] if not 400 <= r.status_code < 500] == []


async def topics_of(ground: Ground) -> AsyncIterator[tuple[str, bytes]]:
    """Every part of every record but those on topics of channels, whose own these words are."""
    administrator = ground.settings(
        "world", kafka_user=ground.stack.kafka_user, kafka_password=ground.stack.kafka_password
    )
    for row in TOPICS:
        for logical, _ in ground.installation.names(row):
            if logical.startswith("channel."):
                continue
            for record in await read_to_end(administrator, ground.installation.physical(logical)):
                yield f"topic {logical}, key", record.key or b""
                yield f"topic {logical}, body", record.value or b""
                for name, value in record.headers:
                    yield f"topic {logical}, header {name}", value or b""
                    yield f"topic {logical}, a header's name", name.encode()


async def tables_of(ground: Ground) -> AsyncIterator[tuple[str, bytes]]:
    """Every value of every table of every service; what is sealed says nothing."""
    for service, where in ground.urls.items():
        db = await asyncpg.connect(where)
        try:
            names = [r["relname"] for r in await db.fetch("SELECT relname FROM pg_stat_user_tables ORDER BY relname")]
            for table in names:
                for row in await db.fetch(f'SELECT * FROM "{table}"'):  # noqa: S608  # names from PostgreSQL's own list
                    for column, value in row.items():
                        piece = bytes(value) if isinstance(value, bytes) else str(value).encode()
                        yield f"{service}: {table}.{column}", piece
        finally:
            await db.close()


async def test_nothing_that_an_outsider_plants_is_found_past_the_vault(
    stack: Stack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "files").mkdir()
    async with new_ground(stack, tmp_path, federation_with(tmp_path, *CHANNELS)) as ground:
        await plant_and_search(ground, tmp_path, caplog)


async def plant_and_search(ground: Ground, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    planted, pages = Planted(), list[tuple[str, bytes]]()
    caplog.set_level(logging.INFO)
    passwords = [provision_channel(ground.stack, ground.installation, name) for name in (PLANTING, LOST)]
    missing, client = ground.installation.physical(f"channel.{LOST}.outbound"), admin(ground)
    client.delete_topics([missing])[missing].result(120)
    specs: dict[str, ServiceSpec] = {}
    async with (
        far_sides(tmp_path / "files") as (far, settings),
        everything(ground, tmp_path / "traces", specs, **settings) as running,
        httpx.AsyncClient(timeout=60) as http,
        httpx.AsyncClient(base_url=url(running["channels"], ""), timeout=60) as citizens,
    ):
        producer, other = (
            AIOKafkaProducer(**access_of(ground, name, password))
            for name, password in zip((PLANTING, LOST), passwords, strict=True)
        )
        await producer.start()
        await other.start()
        try:
            planter = Planter(ground, PLANTING, producer, planted)
            await plant_by_kafka(planter, planted)
            # A notice that waits for its topic lies in the database.
            lost = planted.model(channel.MessageReceived, "kafka held", KNOWN, NOW)
            await Planter(ground, LOST, other, planted).send("kafka held", channel.MessageReceived.type.encode(), lost)
            await plant_by_http(http, url(running["channels"], ""), planted)
            portal = Signer.load(ground.keys, "portal")
            assert portal is not None
            await Edges(citizens, far, portal, planted).plant()
            await at_rest(ground, "intake", channels=(PLANTING, LOST))
            await at_rest(ground)
            cases = await records_of(ground, "world", "region.north.cases", 10)
            for case_id in {(c.key or b"").decode() for c in cases}:
                answer = region.AnswerCase(actor=DESK, case_id=case_id, text="Done.")
                await command(ground, "region.north.commands", case_id, answer, at=NOW + timedelta(hours=1))
            waiting = await records_of(ground, "world", "routing.triage", 2)
            for asked in waiting:
                if header_map(asked.headers)["ce_type"] != routing.TriageRequested.type:
                    continue
                event = routing.TriageRequested.model_validate_json(asked.value or b"")
                operator = Actor(id="operator:north", role="operator", scope="north")
                order = routing.AnswerTriage(actor=operator, case_id=event.case_id, category="pothole", area="01")
                await command(ground, "routing.commands", event.case_id, order)
            letters = await records_of(ground, "operator", "intake.deadletters", 10)
            again = operations.ReplayDeadLetter(
                actor=Actor(id="federal:centre", role="federal"), service="intake",
                dead_letter_id=(letters[0].key or b"").decode(),
            )  # fmt: skip
            await command(ground, "operations.commands", "intake", again, principal="operator")
            outbound = ground.installation.physical(f"channel.{PLANTING}.outbound")
            notices = [r for r in await read_to_end(ground.settings("intake"), outbound) if b'"registered"' in r.value]
            said = planted.model(channel.NoticeDelivered, "kafka delivered", {}, NOW)
            said |= {"notice_id": header_map(notices[0].headers)["ce_id"], "delivered": False}
            await planter.send("kafka delivered", channel.NoticeDelivered.type.encode(), said, "receipts")

            async def all_done() -> bool:
                page = (await http.get(url(running["portal"], "/operations"), headers=as_operator(ground))).text
                return "failed again" in page and "the receipt</td>" in page

            await eventually(all_done)
            await records_of(ground, "world", "region.north.cases", 19)
            await eventually(lambda: notice_waits(ground))
            await at_rest(ground, "intake", channels=(PLANTING, LOST))
            await at_rest(ground)
            for name, service in running.items():
                for path in ("/metrics", "/health/ready"):
                    pages.append((f"{name} {path}", (await http.get(url(service, path))).content))
            for path in ("/", "/cases", "/regions", "/rulebook", "/proposals", "/triage", "/operations",
                         *{f"/cases/{r}" for r in await references(ground)}):  # fmt: skip
                pages.append(
                    (
                        f"portal {path}",
                        (await http.get(url(running["portal"], path), headers=as_operator(ground))).content,
                    )
                )
            public = [piece async for piece in told_to_anybody(running, specs, http, await references(ground))]
            assert await joining(ground, public) == []
            pages += public
        finally:
            await producer.stop()
            await other.stop()
    # The client of this test is no part of what runs.
    logs = [
        (f"log of {r.name}", f"{r.getMessage()} {r.exc_text or ''}".encode())
        for r in caplog.records
        if r.name not in ("httpx", "httpcore")
    ]
    spans = [("spans", line) for path in (tmp_path / "traces").iterdir() for line in path.read_bytes().splitlines()]
    kept = [(f"file {f.name}", f.read_bytes()) for f in (tmp_path / "files").rglob("*") if f.is_file()]
    assert kept
    pieces = [*pages, *logs, *spans, *kept]
    pieces += [piece async for piece in topics_of(ground)]
    pieces += [piece async for piece in tables_of(ground)]
    messages = [json.loads(piece) for place, piece in pieces if place == "topic intake.messages, body"]
    heard = {message.get("channel") for message in messages}
    assert heard >= {PLANTING, "web", "open311", "email", "hotline", *CHANNELS}
    places: dict[bytes, set[str]] = {}
    for place, piece in pieces:
        places.setdefault(piece, set()).add(place)
    found_in = planted.search()
    leaks = sorted({(place, word) for piece in places for word in found_in(piece) for place in places[piece]})
    leaks += [(place, "number in VK") for piece in places if str(VK).encode() in piece for place in places[piece]]
    assert leaks == [], "\n".join(map(str, leaks))
    assert len(planted.where) > 400
    assert len({place for place, _ in pieces}) > 100


async def notice_waits(ground: Ground) -> bool:
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM outbox_held WHERE topic LIKE '%.outbound')"))
    finally:
        await db.close()


async def told_to_anybody(
    running: dict[str, Service], specs: dict[str, ServiceSpec], http: httpx.AsyncClient, cases: set[str]
) -> AsyncIterator[tuple[str, bytes]]:
    """What every service answers at every address without being told who asks."""
    some = sorted(cases)[:5]
    known = {"name": some, "id": some, "ending": ("json",), "channel": ("web", PLANTING)}
    for service, spec in specs.items():
        for path in set(addresses(spec.routes, known)) - {"/live"}:
            answer = await http.get(url(running[service], path))
            assert answer.status_code < 500 or answer.status_code == 503, (service, path, answer.status_code)
            yield f"anybody's {service} {path}", answer.content


async def joining(ground: Ground, public: list[tuple[str, bytes]]) -> list[str]:
    """Where a pseudonym, a trace or a mandate is told, by which reports of one citizen could be joined."""
    topics = ("intake.messages", "region.north.cases")
    records = [r for t in topics for r in await read_to_end(ground.settings("portal"), ground.installation.physical(t))]
    words = {m for r in records for m in re.findall(rb'"citizen":\s?"([^"]+)"', r.value or b"")}
    assert len(words) > 5
    for headers in (dict(r.headers) for r in records):
        words |= {headers[name] for name in ("mandate", "ce_mandate") if headers.get(name)}
        words |= {headers["traceparent"].split(b"-")[1]} if headers.get("traceparent") else set()
    return sorted(f"{place}: {word.decode()}" for place, text in public for word in words if word in text)


async def references(ground: Ground) -> set[str]:
    cases = await records_of(ground, "world", "region.north.cases", 1)
    return {m.decode() for c in cases for m in re.findall(rb'"reference":"([^"]+)"', c.value or b"")}


def test_the_topics_that_may_hold_personal_data_are_short_lived() -> None:
    for row in TOPICS:
        if row.template.startswith("channel.") or row.template.endswith(".deadletters"):
            assert row.retention_ms is not None
            assert row.retention_ms <= topic_of("channel.web.inbound").retention_ms  # type: ignore[operator]
            assert int(row.config["segment.ms"]) <= row.retention_ms
