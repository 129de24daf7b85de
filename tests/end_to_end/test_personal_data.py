"""What is planted in every field of every kind of message is found nowhere past the vault."""

from __future__ import annotations

import base64
import json
import logging
import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from common.catalogue import TOPICS, topic_of
from common.events import channel, region
from common.events.base import Actor, Place
from common.kafka import read_to_end
from pydantic import BaseModel

from tests.conftest import Ground
from tests.end_to_end.system import NOW, command, everything, received, url
from tests.kafka import eventually, records_of, send

DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")
SECRETS = ["ann@example.org", "имя@пример.рф", "9161234567", "6175550199", "5550100", "4111111111111111", "11223344595",
           "Ann Example", "Иван Петров"]  # fmt: skip
HOSTILE = [
    "write to ann@example.org or ANN@EXAMPLE.ORG, имя@пример.рф",
    "call 8 (916) 123-45-67, +7 916 123 45 67, 916.123.45.67, 8-916-123-45-67, 89161234567",
    "call 617-555-0199, (617) 555-0199, 617 - 555 - 0199, 617/555/0199, tel:+16175550199, phone6175550199x",
    "617\u2011555\u20110199, 617\u2013555\u20130199, 6\u200b17\u200b5550199",
    "\uff16\uff11\uff17\uff15\uff15\uff15\uff10\uff11\uff19\uff19 in wide digits",
    "card 4111 1111 1111 1111, 4111-1111-1111-1111, SNILS 112-233-445 95",
    "my name is Ann Example. Меня зовут Иван Петров",
]  # fmt: skip


def plain(text: str) -> str:
    """As somebody would look for it: digits alone, one script of digits, no marks that are not seen."""
    seen = "".join(str(int(c)) if c.isdecimal() else c for c in text.lower() if c not in "\u200b\u2060\ufeff")
    return "".join(c for c in seen if c.isalnum() or c in "@.")


def leaks(text: str) -> list[str]:
    found = plain(text).replace(".", "")
    return [s for s in SECRETS if plain(s).replace(".", "") in found]


PLANT = "Zx{}Qv"
"""A word that nothing else holds; every field gets its own."""


class Plants:
    """Words to plant, and what was planted."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def new(self) -> str:
        self.words.append(PLANT.format(len(self.words)))
        return self.words[-1]

    def fill(self, model: type[BaseModel], **given: Any) -> dict[str, Any]:
        """A body in which every text field of a model, also of those to come, holds a word; `given` stays."""
        body: dict[str, Any] = {}
        for name, field in model.model_fields.items():
            inner = _model_in(field.annotation)
            if name in given:
                body[name] = given[name]
            elif inner is not None:
                body[name] = self.fill(inner, **(PLACED if inner is Place else {}))
            elif _holds_text(field.annotation):
                word = self.new()
                body[name] = [word] if _is_many(field.annotation) else word
        return body

    def found_in(self, text: str) -> list[str]:
        """Planted words and secrets of the hostile texts, also in hexadecimal and base64."""
        lowered = text.lower()
        hits = [w for w in self.words if w.lower() in lowered or w.encode().hex() in lowered]
        return (
            hits
            + [w for w in self.words if base64.b64encode(w.encode()).decode().rstrip("=")[:-1] in text]
            + leaks(text)
        )


PLACED = {"lat": 0.5, "lon": 0.5, "address": "12 Main St, apt 4417, call 617-555-0199"}


def _args(annotation: Any) -> tuple[Any, ...]:
    return (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType)
        else (annotation,)
    )


def _model_in(annotation: Any) -> type[BaseModel] | None:
    return next((a for a in _args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)), None)


def _is_many(annotation: Any) -> bool:
    return any(typing.get_origin(a) in (tuple, list) for a in _args(annotation))


def _holds_text(annotation: Any) -> bool:
    return any(
        a is str or (typing.get_origin(a) in (tuple, list) and str in typing.get_args(a)) for a in _args(annotation)
    )


def planted_records(plants: Plants) -> Iterator[tuple[str, list[tuple[str, bytes]], bytes]]:
    """Records of an integrator: key, headers and body all planted; the second half cannot be handled."""
    when = {"sent_at": NOW.isoformat(), "synthetic": False}
    bodies: list[tuple[str, Any]] = [
        (channel.MessageReceived.type, plants.fill(channel.MessageReceived, text=text, **when)) for text in HOSTILE
    ]
    followed, long_ago = bodies[0][1], when | {"sent_at": "1999-01-01T00:00:00Z"}
    both = {"conversation": followed["conversation"], "contact": followed["contact"]}
    verdict = plants.fill(channel.VerdictReceived, verdict="confirmed", rating=3, text=HOSTILE[0], **both, **when)
    bodies += [
        (channel.MessageReceived.type, plants.fill(channel.MessageReceived, text="More", **both, **when)),
        (channel.VerdictReceived.type, verdict),
        (
            channel.MessageReceived.type,
            plants.fill(channel.MessageReceived, text="Late", **long_ago),
        ),
        (channel.MessageReceived.type, {**followed, "contact": {"address": plants.new()}}),
        (channel.MessageReceived.type, plants.fill(channel.MessageReceived, text=3, **when)),
        (channel.MessageReceived.type, plants.new()),
        (plants.new(), followed),
    ]
    for kind, body in bodies:
        names = ("ce_id", "ce_source", "ce_subject", "correlation_id", "ce_causationid", plants.new(), "baggage")
        headers = [("ce_type", kind.encode()), *((name, plants.new().encode()) for name in names)]
        yield plants.new(), headers, json.dumps(body).encode()


async def everything_said(ground: Ground) -> Iterator[tuple[str, str]]:
    """(where, text) of every record of every topic that is no channel's own."""
    administrator = ground.settings(
        "world", kafka_user=ground.stack.kafka_user, kafka_password=ground.stack.kafka_password
    )
    found = []
    for row in TOPICS:
        for logical, _ in ground.installation.names(row):
            if logical.startswith("channel."):
                continue
            for record in await read_to_end(administrator, ground.installation.physical(logical)):
                parts = [
                    record.key or b"",
                    record.value or b"",
                    *(n.encode() + b"=" + (v or b"") for n, v in record.headers),
                ]
                found += [(logical, part.decode("latin-1")) for part in parts]
                found += [(logical, part.decode("utf-8", "replace")) for part in parts]
    return iter(found)


async def everything_stored(ground: Ground) -> Iterator[tuple[str, str]]:
    """(where, text) of every row of every table of every service."""
    found = []
    for name, address in ground.urls.items():
        db = await asyncpg.connect(address)
        try:
            tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in tables:
                rows = await db.fetch(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608  # names from the catalogue
                found += [(f"{name}.{table}", row[0]) for row in rows]
        finally:
            await db.close()
    return iter(found)


def spans_in(folder: Path) -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in folder.glob("*.jsonl")]


async def test_nothing_planted_is_found_past_the_vault(
    ground: Ground, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plants = Plants()
    caplog.set_level(logging.INFO)
    logging.getLogger("aiokafka").setLevel("WARNING")
    async with everything(ground, tmp_path) as running, httpx.AsyncClient() as http:
        edge = running["intake"]
        for number, text in enumerate(HOSTILE):
            body = received(text) | {"conversation": f"+1617555010{number}", "attachments": [plants.new()]}
            body["contact"] = {"address": "ann@example.org", "name": "Ann Example", "language": "+16175550100"}
            body["place"] = PLACED
            key = {"Idempotency-Key": plants.new(), "X-Request-Id": plants.new(), "User-Agent": plants.new()}
            answer = await http.post(url(edge, "/v1/channels/web/messages"), json=body, headers=key)
            assert answer.status_code == 202, answer.text
        form = {
            "service_code": "Pothole", "lat": "0.5", "long": "0.5", "description": "A hole", "email": plants.new(),
            "first_name": plants.new(), "last_name": plants.new(), "device_id": plants.new(), "phone": plants.new(),
            "account_id": plants.new(), "media_url": f"https://example.org/{plants.new()}", "address_id": plants.new(),
            "address_string": PLACED["address"],
        }  # fmt: skip
        answer = await http.post(url(edge, "/open311/v2/requests.json"), data=form)
        assert answer.status_code == 201, answer.text
        records = list(planted_records(plants))
        await send(ground, "world", "channel.hotline.inbound", records)

        opened = 2 * (len(HOSTILE) + 1)
        cases = await records_of(ground, "world", "region.north.cases", opened)
        for case_id in {(c.key or b"").decode() for c in cases}:
            answered = region.AnswerCase(actor=DESK, case_id=case_id, text="Done.")
            await command(ground, "region.north.commands", case_id, answered, at=NOW + timedelta(hours=1))
        notices = await records_of(ground, "world", "channel.hotline.outbound", 1)
        notice = dict(notices[0].headers)["ce_id"].decode()
        receipts = [
            plants.fill(channel.NoticeDelivered, notice_id=notice, delivered=False, reason="no answer at 617-555-0199"),
            plants.fill(channel.NoticeDelivered, delivered=True),
        ]
        wrong = [(plants.new(), [("ce_type", channel.NoticeDelivered.type.encode()), ("ce_id", plants.new().encode())],
                  json.dumps(body).encode()) for body in receipts]  # fmt: skip
        await send(ground, "world", "channel.hotline.receipts", wrong)
        await records_of(ground, "operator", "intake.deadletters", 3)
        administrator = ground.settings(
            "world", kafka_user=ground.stack.kafka_user, kafka_password=ground.stack.kafka_password
        )

        async def failure_told() -> bool:
            messages = await read_to_end(administrator, ground.installation.physical("intake.messages"))
            return any(dict(m.headers)["ce_type"] == b"intake.delivery.failed.v1" for m in messages)

        await eventually(failure_told)
        stored = list(await everything_stored(ground))
    said = list(await everything_said(ground))
    spans = spans_in(tmp_path)
    logged = [("log", record.getMessage() + (record.exc_text or "")) for record in caplog.records]
    assert len(said) > 20 * len(HOSTILE)
    assert len(stored) > 20 * len(HOSTILE)
    leaked = {
        (where, tuple(hits)) for where, text in [*said, *stored, *spans, *logged] if (hits := plants.found_in(text))
    }
    assert leaked == set()


def test_the_topics_that_may_hold_personal_data_are_short_lived() -> None:
    for row in TOPICS:
        if row.template.startswith("channel.") or row.template.endswith(".deadletters"):
            assert row.retention_ms is not None
            assert row.retention_ms <= topic_of("channel.web.inbound").retention_ms  # type: ignore[operator]
            assert int(row.config["segment.ms"]) <= row.retention_ms
