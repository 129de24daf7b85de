"""From the bytes of a fetch to records, whatever a producer put into them: in bounded memory, and never with an error
that would cost records of other partitions.

aiokafka unpacks without a bound and raises at a header name that is not UTF-8, while it drains several partitions at
once; what was drained of the others is then lost. Here what cannot be read becomes a record with a `fault`, which the
service keeps as a dead letter.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.consumer import fetcher as library
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import ConsumerRecord, TopicPartition

from common.contracts.envelope import OWN_NAMES
from common.messaging.consume.record_parser import BatchFrame, ParsedRecord, holds_large_headers, parse
from common.messaging.consume.unpacking import Unpacker, UnpackError

HEADER = struct.Struct(">qiibIhiqqqhii")
"""Of a batch: base offset, length, leader epoch, magic, CRC, attributes, last offset delta, first and largest
timestamp, producer's id and epoch, base sequence, count of records."""
LENGTH = struct.Struct(">qi")
MAGIC_AT = 16
CODEC, APPEND_TIME, TRANSACTIONAL, CONTROL = 0x07, 0x08, 0x10, 0x20

MAX_FETCH_BYTES = 16_777_216
"""Unpacked bytes of one partition that one fetch hands out; the rest is fetched again. A batch is never cut."""
LOOKED_THROUGH_BYTES = 262_144
"""In a batch above this size records above this size are looked into before they become objects."""
MAX_HEADERS = 64
"""Of a record with more headers only our own are kept."""
MANY_RECORDS = 1_000
MIN_RECORD_BYTES = 24
"""On average in a batch of MANY_RECORDS or more: no record of any of our types is that short."""
OWN_HEADERS = OWN_NAMES | {
    "traceparent",
    "dead_letter_id",
    "dead_letter_reason",
    "dead_letter_key",
    "dead_letter_position",
}


@dataclass
class GuardedRecord(ConsumerRecord[bytes, bytes]):  # type: ignore[misc]
    """A record as it came, and how it stands to the one before."""

    follows: int = 0
    """This consumer was given everything of the partition from this offset to the record's."""
    fault: str = ""
    """Why the record cannot be read; empty when it can."""


@dataclass(slots=True)
class Passed:
    """How far one partition was handed out."""

    delivered: int
    """The offset after the last record that was handed out."""
    position: int
    """The offset that is fetched next; between the two the broker has no records: markers, aborted, compacted."""


class CorruptBatch(Exception):
    """A batch whose checksum is wrong: damaged on the way or on the broker's disk, never by a producer."""


class RawBatches:
    """The batches of a fetch as bytes, in place of aiokafka's MemoryRecords, which hides them."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def has_next(self) -> bool:
        return self._end() is not None

    def size_in_bytes(self) -> int:
        """aiokafka passes over a record of a fetch that has bytes but no whole batch; the broker sends none such."""
        return len(self._data) if self.has_next() else 0

    def next(self) -> memoryview:
        end = self._end()
        assert end is not None
        start, self._at = self._at, end
        return self._data[start:end]

    def _end(self) -> int | None:
        if len(self._data) - self._at < HEADER.size:
            return None
        _, length = LENGTH.unpack_from(self._data, self._at)
        end: int = self._at + LENGTH.size + length
        return end if end <= len(self._data) else None


class PartitionRecords(library.PartitionRecords):  # type: ignore[misc]
    """Hands out the records of one partition's fetch one by one; ends early rather than raise."""

    next_fetch_offset: int

    def __init__(
        self,
        unpacker: Unpacker,
        before: Passed | None,
        done: Callable[[TopicPartition, Passed, bool], None],
        corrupt: Callable[[TopicPartition, int], None],
        tp: TopicPartition,
        records: RawBatches,
        aborted_transactions: list[tuple[int, int]] | None,
        fetch_offset: int,
        *rest: Any,
    ) -> None:
        self._unpacker = unpacker
        self._done = done
        self._corrupt = corrupt
        known = before is not None and before.position == fetch_offset
        self._delivered = before.delivered if known and before is not None else fetch_offset
        super().__init__(tp, records, aborted_transactions, fetch_offset, *rest)

    def _unpack_records(self) -> Iterator[GuardedRecord]:
        handed_out = False
        try:
            for record in self._of_batches():
                handed_out = True
                yield record
        except CorruptBatch:
            self._corrupt(self._tp, self.next_fetch_offset)
        self._done(self._tp, Passed(self._delivered, self.next_fetch_offset), handed_out)

    def _of_batches(self) -> Iterator[GuardedRecord]:
        size = 0
        while self._records.has_next() and size < MAX_FETCH_BYTES:
            raw = self._records.next()
            head = HEADER.unpack_from(raw)
            base, magic, attributes, last_delta = head[0], raw[MAGIC_AT], head[5], head[6]
            if magic < 2:
                yield self._faulty(base, -1, "the record is in a format older than Kafka 0.11, which is not read")
                self.next_fetch_offset = max(self.next_fetch_offset, base + 1)
                continue
            batch = DefaultRecordBatch(raw)
            if not batch.validate_crc():
                raise CorruptBatch
            if not self._is_left_out(batch, attributes, head[9], base):
                held = self._open(raw, head, batch)
                if isinstance(held, str):
                    if base + last_delta >= self.next_fetch_offset:
                        yield self._faulty(base + last_delta, head[8], held)
                else:
                    payload, parsed = held
                    size += len(payload)
                    yield from self._of_batch(head, payload, parsed)
            self.next_fetch_offset = max(self.next_fetch_offset, base + last_delta + 1)

    def _is_left_out(self, batch: Any, attributes: int, producer: int, base: int) -> bool:
        """Markers, and what belongs to an aborted transaction."""
        self._consume_aborted_up_to(base)
        if attributes & CONTROL:
            if self._contains_abort_marker(batch):
                self._aborted_producers.discard(producer)
            return True
        return bool(attributes & TRANSACTIONAL) and producer in self._aborted_producers

    def _open(self, raw: memoryview, head: tuple[int, ...], batch: Any) -> tuple[memoryview, Any] | str:
        """The batch's records as bytes, with a parser where aiokafka's may be let at them; or why nobody may."""
        payload, count = raw[HEADER.size :], head[12]
        if codec := head[5] & CODEC:
            try:
                unpacked = self._unpacker.unpack(codec, payload)
            except UnpackError as error:
                return f"{_span(head)}: {error}"
            plain = bytearray(HEADER.size + len(unpacked))
            plain[HEADER.size :] = unpacked
            HEADER.pack_into(plain, 0, head[0], len(plain) - LENGTH.size, *head[2:5], head[5] & ~CODEC, *head[6:])
            payload, batch = memoryview(plain)[HEADER.size :], DefaultRecordBatch(plain)
        if count >= MANY_RECORDS and len(payload) < count * MIN_RECORD_BYTES:
            return f"{_span(head)}: the batch holds {count} records in {len(payload)} bytes, none of them a message"
        if len(payload) > LOOKED_THROUGH_BYTES and holds_large_headers(payload, LOOKED_THROUGH_BYTES):
            batch = None
        return payload, batch

    def _of_batch(self, head: tuple[int, ...], payload: memoryview, parsed: Any) -> Iterator[GuardedRecord]:
        if parsed is not None:
            try:
                for record in parsed:
                    if record.offset >= self.next_fetch_offset:
                        yield self._consumer_record(self._tp, record)
                return
            except (ValueError, ArithmeticError, LookupError, KafkaError):
                pass  # Read again below, record by record, from where this stopped.
        for offset, record in parse(payload, _frame(head)):
            if offset >= self.next_fetch_offset:
                yield self._faulty(offset, record.timestamp, record.fault, record)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> GuardedRecord:
        offset, key, value, headers = record.offset, record.key, record.value, record.headers
        follows, self._delivered = self._delivered, offset + 1
        self.next_fetch_offset = offset + 1
        return GuardedRecord(
            tp.topic, tp.partition, offset, record.timestamp, record.timestamp_type, key, value, None,
            -1 if key is None else len(key), -1 if value is None else len(value),
            tuple(headers if len(headers) <= MAX_HEADERS else _own(headers)), follows,
        )  # fmt: skip

    def _faulty(self, offset: int, timestamp: int, fault: str, parsed: ParsedRecord | None = None) -> GuardedRecord:
        """A record that stands for one that could not be read, or for a whole batch up to its last offset."""
        follows, self._delivered = self._delivered, offset + 1
        self.next_fetch_offset = offset + 1
        found = parsed or ParsedRecord(timestamp, fault)
        key, value = found.key, found.value
        return GuardedRecord(
            self._tp.topic, self._tp.partition, offset, max(0, timestamp), 1, key, value, None,
            -1 if key is None else len(key), -1 if value is None else len(value), tuple(found.headers), follows, fault,
        )  # fmt: skip


def _own(headers: list[tuple[str, bytes | None]]) -> list[tuple[str, bytes | None]]:
    return [h for h in headers if h[0].lower() in OWN_HEADERS][:MAX_HEADERS]


def _span(head: tuple[int, ...]) -> str:
    first, last = head[0], head[0] + head[6]
    return f"offset {first}" if first == last else f"offsets {first} to {last}"


def _frame(head: tuple[int, ...]) -> BatchFrame:
    return BatchFrame(
        base=head[0],
        last=head[0] + head[6],
        count=head[12],
        first_timestamp=head[7],
        largest_timestamp=head[8],
        by_append_time=bool(head[5] & APPEND_TIME),
    )
