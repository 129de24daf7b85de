"""Reads the records of one unpacked batch (format 2) with a fault beside each that is not as it should be. No I/O.

Slow, and for batches at which aiokafka's parser stops: a header name that is not UTF-8, too many or too large headers,
fields that do not fit their record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_HEADERS = 1_000
MAX_HEADER_BYTES = 262_144

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class BatchFrame:
    """What a batch's header says of its records."""

    base: int
    last: int
    count: int
    first_timestamp: int
    largest_timestamp: int
    by_append_time: bool


@dataclass(slots=True)
class ParsedRecord:
    """As much of a record as could be read."""

    timestamp: int
    fault: str = ""
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()


class _Fields:
    """Reads fields in turn between two places; raises ValueError where they end too soon."""

    def __init__(self, data: memoryview, at: int, end: int) -> None:
        self._data, self.at, self.end = data, at, end

    def number(self) -> int:
        shift = value = 0
        while True:
            if self.at >= self.end or shift > 63:
                raise ValueError("a number is cut off")
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def skip(self, length: int) -> int:
        """Pass over this many bytes; returns where they begin."""
        if not 0 <= length <= self.end - self.at:
            raise ValueError("a field is longer than its record")
        start = self.at
        self.at += length
        return start

    def part(self) -> _Fields:
        """The next field, by its length, as fields of its own."""
        start = self.skip(self.number())
        return _Fields(self._data, start, self.at)

    def piece(self) -> bytes | None:
        length = self.number()
        if length < 0:
            return None
        start = self.skip(length)
        return bytes(self._data[start : self.at])


def holds_large_headers(payload: memoryview, looked_into: int) -> bool:
    """Whether a record above `looked_into` bytes has larger headers than should become objects; true also where the
    fields are not whole."""
    at, end = 0, len(payload)
    try:
        while at < end:
            # A record's length, which mostly takes two bytes; zigzag, so an odd one is negative.
            length = payload[at]
            at += 1
            if length > 0x7F:
                shift, byte = 7, payload[at]
                length = length & 0x7F | (byte & 0x7F) << 7
                at += 1
                while byte > 0x7F:
                    shift += 7
                    byte = payload[at]
                    length |= (byte & 0x7F) << shift
                    at += 1
            if length & 1:
                return True
            at += length >> 1
            if length >> 1 > looked_into and _large(_Fields(payload, at - (length >> 1), min(at, end))):
                return True
    except (ValueError, IndexError):
        return True
    return at != end


def _large(record: _Fields) -> bool:
    """Whether what follows a record's value is larger than headers may be."""
    record.skip(1)
    record.number()
    record.number()
    record.skip(max(0, record.number()))
    record.skip(max(0, record.number()))
    return record.end - record.at > MAX_HEADER_BYTES


def parse(payload: memoryview, frame: BatchFrame) -> Iterator[tuple[int, ParsedRecord]]:
    """The records with their offsets; those that cannot be told apart as one, under the batch's last offset."""
    records = _Fields(payload, 0, len(payload))
    offset = frame.base - 1
    for _ in range(frame.count):
        if offset >= frame.last:
            # What comes after the batch's last offset has none of its own: the next batch's begin there.
            return
        try:
            fields = records.part()
        except ValueError:
            fault = f"offsets {offset + 1} to {frame.last}: the records of this batch are not whole"
            yield frame.last, ParsedRecord(frame.largest_timestamp, fault)
            return
        record = ParsedRecord(frame.largest_timestamp)
        offset = max(offset + 1, _fill(record, fields, frame, offset + 1))
        yield offset, record


def _fill(record: ParsedRecord, fields: _Fields, frame: BatchFrame, expected: int) -> int:
    """Read a record's fields as far as they go; returns its offset."""
    offset = expected
    try:
        fields.skip(1)
        since_first = fields.number()
        if not frame.by_append_time:
            record.timestamp = frame.first_timestamp + since_first
        offset = min(frame.base + fields.number(), frame.last)
        record.key = fields.piece()
        record.value = fields.piece()
        record.headers = _headers(record, fields)
        if fields.at != fields.end and not record.fault:
            record.fault = "the record has bytes after its last header"
    except ValueError as error:
        record.fault = f"the record is not whole: {error}"
    return offset


def _headers(record: ParsedRecord, fields: _Fields) -> Headers:
    count = fields.number()
    if count > MAX_HEADERS or fields.end - fields.at > MAX_HEADER_BYTES:
        record.fault = (
            f"the record has {count} headers of {fields.end - fields.at} bytes together; at most {MAX_HEADERS} headers"
            f" and {MAX_HEADER_BYTES} bytes are read"
        )
        fields.skip(fields.end - fields.at)
        return ()
    found: list[tuple[str, bytes | None]] = []
    for number in range(1, count + 1):
        name = fields.piece() or b""
        try:
            text = name.decode()
        except UnicodeDecodeError:
            text = name.decode("utf-8", "backslashreplace")
            record.fault = f"the name of header {number} of {count} is not UTF-8: write header names in UTF-8"
        found.append((text, fields.piece()))
    return tuple(found)
