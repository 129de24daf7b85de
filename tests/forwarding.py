"""A small service on the real plumbing, for tests of the plumbing itself: it forwards each message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, Headers, derived_id, header_map, to_headers
from common.contracts.events import Event, intake, routing
from common.contracts.events.operations import ReplayDeadLetter, SkipDeadLetter
from common.contracts.signing import Signer
from common.messaging.failures import PermanentError, TransientError
from common.messaging.kafka import Record, client_options
from common.runtime.context import Context
from common.runtime.service import Service, ServiceSpec

from tests import kafka
from tests.conftest import Ground

NOW = datetime(2011, 7, 1, 12, tzinfo=UTC)
TOPIC = "intake.messages"
OUT = "region.north.assignments"


class Forward:
    """Says one thing for each message; fails where the text tells it to."""

    types: frozenset[type[Event]] = frozenset({intake.MessageAdded})

    def __init__(self) -> None:
        self.passing_failures = 0
        self.sizes: list[int] = []
        """How many records each call was given."""
        self.mended = False
        """Set it, and what was permanent or a bug is handled."""
        self.gate: asyncio.Event | None = None
        """Set it, and a call waits inside the transaction until it opens."""
        self.finished = 0

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        self.sizes.append(len(batch))
        try:
            if self.gate is not None:
                await self.gate.wait()
                await db.execute("SELECT 1")
            for delivery in batch:
                text = getattr(delivery.event, "text", "")
                if text.startswith("unstorable"):
                    await db.execute("SELECT $1::int", 2**40)
                if text.startswith("conflict"):
                    await db.execute("INSERT INTO migration SELECT * FROM migration")
            return [self._forward(delivery) for delivery in batch]
        finally:
            self.finished += 1

    def _forward(self, delivery: Delivery) -> Emit:
        event = delivery.event
        assert isinstance(event, intake.MessageAdded)
        if event.text.startswith("permanent") and not self.mended:
            raise PermanentError("cannot be done")
        if event.text.startswith("bug") and not self.mended:
            raise RuntimeError("a bug")
        if event.text == "passing" and self.passing_failures < 3:
            self.passing_failures += 1
            raise TransientError("not yet")
        said = routing.MessageForwarded(
            case_id=event.case_id, message_id=event.message_id, citizen="c", text=event.text,
            received_at=event.received_at,
        )  # fmt: skip
        return Emit(OUT, event.case_id, said, delivery.envelope, delivery.envelope.time)


def new_service(ground: Ground, tmp_path: Path, handler: Forward | None = None, **changes: object) -> Service:
    """Not started yet; it plays routing."""
    migrations = tmp_path / "migrations"
    migrations.mkdir(exist_ok=True)

    def build(context: Context) -> ServiceSpec:
        return ServiceSpec("routing", handler or Forward(), migrations)

    return Service(ground.settings("routing", **changes), build)


@asynccontextmanager
async def routing_service(
    ground: Ground, tmp_path: Path, handler: Forward | None = None, **changes: object
) -> AsyncIterator[Service]:
    service = new_service(ground, tmp_path, handler, **changes)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@asynccontextmanager
async def database(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    """A session of the tests' own in the service's database."""
    db = await asyncpg.connect(ground.urls["routing"])
    try:
        yield db
    finally:
        await db.close()


def message(case_id: str, number: int, text: str = "hello") -> tuple[str, Headers, bytes]:
    event_id = derived_id("test", case_id, str(number))
    event = intake.MessageAdded(
        message_id=event_id, case_id=case_id, channel="web", citizen="c", text=text, received_at=NOW
    )
    envelope = Envelope(event_id, "intake", event.type, NOW, case_id, event_id, sequence=number)
    return case_id, to_headers(envelope), event.model_dump_json().encode()


async def send(ground: Ground, records: Sequence[tuple[str, Headers, bytes]]) -> None:
    await kafka.send(ground, "intake", TOPIC, records)


async def published(ground: Ground, topic: str = OUT) -> list[Record]:
    return await kafka.all_of(ground, "routing", topic)


async def wait_for(ground: Ground, count: int, topic: str = OUT) -> list[Record]:
    return await kafka.records_of(ground, "routing", topic, count)


def texts(records: Sequence[Record], key: str) -> list[str]:
    """What was said about one key, in order."""
    return [json.loads(r.value or b"")["text"] for r in records if r.key == key.encode()]


async def committed(ground: Ground, topic: str = TOPIC, service: str = "routing") -> int:
    """The sum of the service's committed offsets on a topic: how many of its records it has handled."""
    settings = ground.settings(service)
    name = ground.installation.physical(topic)
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(
        **client_options(settings), group_id=f"{settings.prefix}.{service}", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [TopicPartition(name, n) for n in range(3)]
        consumer.assign(places)
        return sum([await consumer.committed(place) or 0 for place in places])
    finally:
        await consumer.stop()


async def order(ground: Ground, command: ReplayDeadLetter | SkipDeadLetter) -> None:
    """An operator's signed order about a dead letter."""
    signer = Signer.load(ground.keys, "operator")
    assert signer is not None
    body = command.model_dump_json().encode()
    event_id = derived_id("order", body.decode())
    topic, key = "operations.commands", "routing"
    envelope = signer.sign(topic, key, Envelope(event_id, "operator", command.type, NOW, key, event_id), body)
    await kafka.send(ground, "operator", topic, [(key, to_headers(envelope), body)])


def sequences(records: Sequence[Record]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for record in records:
        found.setdefault((record.key or b"").decode(), []).append(int(header_map(record.headers)["ce_sequence"]))
    return found
