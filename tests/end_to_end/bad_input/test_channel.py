"""What an integrator may throw at its channel: none of it loops, stops intake or touches another conversation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from common.contracts.envelope import Envelope, Headers, to_headers
from common.contracts.events import channel, intake, region, routing
from common.messaging.kafka import client_options

from tests.conftest import Ground
from tests.end_to_end.system import NOW, everything, received
from tests.kafka import records_of, send, types_of

TOPIC = "channel.web.inbound"
Written = tuple[str, Headers, bytes]


def said(number: str, body: bytes, kind: str = channel.MessageReceived.type, **headers: bytes) -> Written:
    envelope = Envelope(number, "web", kind, NOW, number, number)
    kept = [(n, v) for n, v in to_headers(envelope) if n not in headers]
    return number, [*kept, *headers.items()], body


def carrying(number: str, more: Sequence[tuple[str, bytes | None]]) -> Written:
    """A good message with headers that are not ours, before and after them."""
    key, headers, body = said(number, message(number))
    return key, [*more, *headers, *more], body  # type: ignore[list-item]


TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
FOREIGN: dict[str, Sequence[tuple[str, bytes | None]]] = {
    "two traces": [("traceparent", TRACE), ("TraceParent", TRACE)],
    "binary": [("kafka_correlationId", bytes(range(256))), ("traceparent", b"\xff")],
    "latin-1": [("x-name", "Müller".encode("latin-1")), ("x-none", None), ("", b"")],
    "baggage": [(f"baggage-{n}", b"x" * 200) for n in range(250)],
    "content types": [("content-type", b"application/json"), ("Content-Type", b"text/plain")],
    "extensions": [("ce_dataschema", b"\xff"), ("ce_partitionkey", b"1"), ("ce_partitionkey", b"2")],
}


def message(number: str, **changes: object) -> bytes:
    return json.dumps({**received(number), **changes}).encode()


async def test_garbage_on_a_channel_ends_in_dead_letters_or_refusals_and_good_messages_are_handled(
    ground: Ground, tmp_path: Path
) -> None:
    dead = [
        said("bytes", b"\xff\x00garbage"),
        said("schema", b'{"text": 1}'),
        said("nested", b"[" * 60_000),
        said("nul", message("nul").replace(b'"nul"', b'"a\\u0000b"')),
        said("pair", message("pair").replace(b'"pair"', b'"a\\ud800b"')),
        said("huge", b'{"sent_at": ' + b"9" * 6000 + b"}"),
        said("large", message("large", attachments=["x" * 400_000])),
        said("point", message("point", place={"lat": "north", "lon": 1})),
        said("infinite", message("infinite", place={"lat": float("inf"), "lon": 1})),
        said("nan", message("nan", place={"lat": float("nan"), "lon": 1})),
        said("empty", b""),
        said("year", message("year", sent_at="9999-12-31T23:59:59-14:00")),
        said("kind", message("kind"), "pigeon.landed.v1"),
        said("not ours", b"{}", region.CaseAnswered.type),
        said(
            "the clock", b'{"since": "2030-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z"}', "clock.time.passed.v1"
        ),
        said("no kind", message("no kind"), ce_type=b""),
        said("long id", message("long id"), ce_id=b"x" * 5000),
        said("nul id", message("nul id"), ce_id=b"a\x00b"),
        said("sequence", message("sequence"), ce_sequence="²".encode()),
        said("not UTF-8", message("not UTF-8"), ce_source=b"\xff\xfe"),
    ]
    refused = [
        said("year 1", message("year 1", sent_at="0001-01-01T00:00:00Z")),
        said("year 9998", message("year 9998", sent_at="9998-01-01T00:00:00Z")),
        said("verdict", json.dumps({**received("v"), "verdict": "confirmed"}).encode(), channel.VerdictReceived.type),
    ]
    triaged = [
        said("no point", message("no point", place={})),
        said("nowhere", message("nowhere", place={"lat": 89, "lon": 179})),
        said("unknown", message("unknown", category="Unicorn")),
        said("no category", message("no category", category=None)),
    ]
    # Put together carelessly, these two senders' ids would be one.
    shifted = [
        said("shifted 1", message("shifted 1"), ce_source=b"a|x", ce_id=b"c"),
        said("shifted 2", message("shifted 2"), ce_source=b"a", ce_id=b"x|c"),
    ]
    async with everything(ground, tmp_path):
        await send(ground, "world", TOPIC, [said("first", message("first"))])
        await send(ground, "world", TOPIC, [*dead, *refused, *triaged])
        await send(ground, "world", TOPIC, [carrying(number, more) for number, more in FOREIGN.items()])
        await send(ground, "world", TOPIC, shifted)
        await send(ground, "world", TOPIC, [said("last", message("last"))])
        cases = await records_of(ground, "world", "region.north.cases", 8 + 2 * len(FOREIGN))
        letters = await records_of(ground, "operator", "intake.deadletters", len(dead))
        messages = await records_of(ground, "intake", "intake.messages", 4 + len(FOREIGN) + len(refused) + len(triaged))
        asked = await records_of(ground, "world", "routing.triage", len(triaged))
        producer = AIOKafkaProducer(**client_options(ground.settings("world")), max_request_size=20_000_000)
        await producer.start()
        try:
            with pytest.raises(MessageSizeTooLargeError):
                await producer.send_and_wait(ground.installation.physical(TOPIC), value=b"x" * 10_000_000, key=b"k")
        finally:
            await producer.stop()
        for quiet in ("routing.deadletters", "regional-north.deadletters", "federal.deadletters"):
            assert await records_of(ground, "operator", quiet, 0) == []
    opened = [
        region.CaseOpened.model_validate_json(c.value or b"") for c in cases if c.value and b"received_at" in c.value
    ]
    assert {o.text for o in opened} == {"first", "last", "shifted 1", "shifted 2", *FOREIGN}
    assert len(letters) == len(dead)
    assert types_of(messages).count(intake.MessageRefused.type) == len(refused)
    found = [routing.TriageRequested.model_validate_json(a.value or b"") for a in asked]
    assert {f.text: f.reason for f in found} == {
        "no point": "no_place", "nowhere": "outside_every_region", "unknown": "unknown_category",
        "no category": "unknown_category",
    }  # fmt: skip
