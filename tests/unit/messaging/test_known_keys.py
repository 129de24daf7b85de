"""Which records of a batch are decoded for a handler that knows some keys alone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import UTC, datetime
from typing import cast

import asyncpg
from aiokafka import ConsumerRecord
from common.contracts.catalogue import Installation
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events.base import Event
from common.contracts.events.channel import VerdictReceived
from common.contracts.events.region import CaseAccepted, CaseDeclined, CaseJoined
from common.contracts.signing import Verifier
from common.messaging.consume.decode import Reader
from common.messaging.consume.known_keys import KeyFilter
from common.messaging.kafka import Record

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)
NO_POOL = cast(asyncpg.Pool, None)


class Knows:
    """Knows case A."""

    types: frozenset[type[Event]] = frozenset({CaseAccepted, CaseJoined, VerdictReceived})

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    async def known_keys(self, asked: Set[str], pool: asyncpg.Pool) -> Set[str]:
        self.asked.append(set(asked))
        return asked & {"A"}

    def wants(self, topic: str) -> bool | None:
        return {"region.south.cases": True, "region.west.cases": False}.get(topic)

    def leads_to(self, event: Event) -> str | None:
        return event.into_case if isinstance(event, CaseJoined) else None

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        return []


def record(offset: int, key: str, kind: str, body: bytes, topic: str = "region.north.cases") -> Record:
    envelope = Envelope(f"id {offset}", "regional-north", kind, NOW, key, "c")
    return ConsumerRecord(
        f"p.{topic}.v1", 0, offset, 0, 0, key.encode(), body, None, 0, len(body), tuple(to_headers(envelope))
    )


def accepted(offset: int, key: str) -> Record:
    event = CaseAccepted(case_id=key, region="north", authority="a", actor="x", state="accepted")
    return record(offset, key, event.type, event.wire())


def joined(offset: int, key: str, into: str) -> Record:
    event = CaseJoined(case_id=key, region="north", authority="a", actor="x", state="joined", into_case=into)
    return record(offset, key, event.type, event.wire())


def reader(handler: Knows) -> Reader:
    return Reader(Installation("p", ("web",), ("north", "south", "west")), handler.types, Verifier({}))


async def read(records: list[Record]) -> tuple[list[tuple[int, bool]], Knows, Reader]:
    """Offsets that were read with whether an event came of them."""
    handler = Knows()
    decoder = reader(handler)
    found = await KeyFilter(handler, decoder, NO_POOL).read(records)
    return [(r.record.offset, r.delivery is not None) for r in found], handler, decoder


async def test_records_of_unknown_keys_are_neither_read_nor_judged_and_the_others_keep_their_order() -> None:
    broken = record(1, "B", CaseAccepted.type, b"no JSON")
    found, handler, decoder = await read([accepted(0, "A"), broken, accepted(2, "B"), accepted(3, "A")])
    assert found == [(0, True), (3, True)]
    assert handler.asked == [{"A", "B"}]
    assert decoder.skipped == {CaseAccepted.type: 2}


async def test_a_key_that_an_event_leads_to_is_read_in_the_same_batch_also_by_way_of_another() -> None:
    records = [accepted(0, "C"), joined(1, "A", "B"), accepted(2, "B"), joined(3, "B", "C"), accepted(4, "D")]
    found, _, _ = await read(records)
    assert found == [(0, True), (1, True), (2, True), (3, True)]


async def test_what_others_may_write_what_could_not_be_unpacked_and_other_types_are_not_asked_about() -> None:
    class Faulty(ConsumerRecord):  # type: ignore[misc]
        fault = "the record is not whole"

    whole = accepted(1, "B")
    faulty = Faulty(**{name: getattr(whole, name) for name in ConsumerRecord.__dataclass_fields__})
    outside = record(0, "B", VerdictReceived.type, b"{}", "channel.web.inbound")
    other = record(2, "B", CaseDeclined.type, b"{}")
    found, handler, decoder = await read([outside, faulty, other])
    assert found == [(0, False), (1, False)]
    assert not handler.asked
    assert decoder.skipped == {CaseDeclined.type: 1}


async def test_of_some_topics_every_record_is_read_and_of_some_none_whatever_their_keys() -> None:
    def on(topic: str, offset: int) -> Record:
        return record(offset, "B", CaseAccepted.type, b"no JSON", topic)

    found, handler, decoder = await read([on("region.south.cases", 0), on("region.west.cases", 1), accepted(2, "A")])
    assert found == [(0, False), (2, True)]
    assert handler.asked == [{"A"}]
    assert decoder.skipped == {CaseAccepted.type: 1}
