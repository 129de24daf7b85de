"""What becomes of batches that no well-behaved producer would send; and that good ones read as aiokafka reads them."""

from __future__ import annotations

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from common.messaging.consume.guarded_records import MAX_HEADERS, GuardedRecord, PartitionRecords, Passed, RawBatches
from common.messaging.consume.record_parser import MAX_HEADER_BYTES
from common.messaging.consume.unpacking import MIN_BOUND_BYTES, Unpacker
from hypothesis import example, given
from hypothesis import strategies as st

from tests.raw_batches import CODECS, Claims, batch, piece, record, varint

PLACE = TopicPartition("topic", 0)
UNPACKER = Unpacker()
READ_COMMITTED = 1


class Reading:
    """One fetch read to its end."""

    def __init__(self, data: bytes, offset: int = 0, before: Passed | None = None) -> None:
        self.corrupt: int | None = None
        self.passed: Passed | None = None
        self.records: list[GuardedRecord] = list(
            PartitionRecords(
                UNPACKER, before, self._done, self._on_corrupt, PLACE, RawBatches(data), [], offset, None, None, True,
                READ_COMMITTED,
            )
        )  # fmt: skip

    def _done(self, _: TopicPartition, passed: Passed, __: bool) -> None:
        self.passed = passed

    def _on_corrupt(self, _: TopicPartition, offset: int) -> None:
        self.corrupt = offset


def at(base: int, whole: bytes) -> bytes:
    """The batch as the broker would hand it out from this offset on; the checksum does not cover it."""
    return base.to_bytes(8, "big") + whole[8:]


def three(codec: str = "none") -> bytes:
    return batch([record(n, b"k%d" % n, b"v", [(b"name", b"x")]) for n in range(3)], codec)


headers = st.lists(st.tuples(st.text(max_size=5).map(str.encode), st.none() | st.binary(max_size=20)), max_size=5)
pieces = st.none() | st.binary(max_size=300)


@given(st.lists(st.tuples(pieces, pieces, headers), min_size=1, max_size=8), st.sampled_from(list(CODECS)))
def test_good_batches_read_as_aiokafka_reads_them(found: list[tuple], codec: str) -> None:
    data = batch([record(n, key, value, said) for n, (key, value, said) in enumerate(found)], codec)
    plain = fetcher.PartitionRecords(PLACE, MemoryRecords(data), [], 0, None, None, True, READ_COMMITTED)
    mine = Reading(data)
    expected = [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value, r.headers) for r in plain]
    assert [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value, r.headers) for r in mine.records] == expected
    assert not any(r.fault for r in mine.records)


@given(st.binary(min_size=1, max_size=400), st.integers(1, 50), st.sampled_from(list(CODECS)))
@example(b"\x06\x00\x00\x02\x00", 2, "none")
def test_any_bytes_in_the_place_of_records_read_without_an_error_and_to_the_batchs_end(
    payload: bytes, count: int, codec: str
) -> None:
    read = Reading(batch([payload], codec, Claims(count=count, last_delta=count - 1)))
    assert read.passed is not None
    assert read.passed.position == count
    offsets = [r.offset for r in read.records]
    assert offsets == sorted(set(offsets))
    assert not offsets or offsets[-1] == count - 1


@pytest.mark.parametrize("codec", list(CODECS))
def test_a_header_name_that_is_not_utf8_is_a_fault_of_its_record_alone(codec: str) -> None:
    names = [b"good", b"\xff", b"also good"]
    read = Reading(batch([record(n, b"k", b"v", [(name, b"x")]) for n, name in enumerate(names)], codec))
    assert [bool(r.fault) for r in read.records] == [False, True, False]
    assert (read.records[1].key, read.records[1].value, read.records[1].headers) == (b"k", b"v", (("\\xff", b"x"),))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_batch_that_unpacks_to_too_much_is_one_record_at_its_last_offset_and_the_next_is_read(codec: str) -> None:
    large = batch([record(n, b"k", bytes(MIN_BOUND_BYTES // 4)) for n in range(20)], codec)
    if codec == "snappy":  # It packs by a twentieth at most, which the ratio allows.
        large = batch([record(n, b"k", bytes(MIN_BOUND_BYTES)) for n in range(5)], codec)
    read = Reading(large + at(20 if codec != "snappy" else 5, three()))
    assert [bool(r.fault) for r in read.records] == [True, False, False, False]
    assert read.records[0].offset == read.records[1].offset - 1
    assert "cannot be unpacked within" in read.records[0].fault
    assert read.records[1].follows == read.records[1].offset


def test_thousands_of_records_too_short_to_be_a_message_are_one_record() -> None:
    read = Reading(batch([record(n, b"", b"") for n in range(5_000)], "zstd"))
    assert [(r.offset, r.fault.split(":")[0]) for r in read.records] == [(4_999, "offsets 0 to 4999")]


def test_of_a_record_with_very_many_headers_our_own_are_kept() -> None:
    many = [(b"baggage-%d" % n, b"y") for n in range(5_000)]
    read = Reading(batch([record(0, b"k", b"v", [*many, (b"ce_type", b"t"), (b"CE_ID", b"1")])], "zstd"))
    assert len(many) > MAX_HEADERS
    assert read.records[0].headers == (("ce_type", b"t"), ("CE_ID", b"1"))
    assert not read.records[0].fault


def test_headers_larger_than_is_read_are_a_fault_and_never_become_objects() -> None:
    read = Reading(
        batch([record(0, b"k", b"v", [(b"x", bytes(MAX_HEADER_BYTES))]), record(1, b"k", b"v", [(b"a", b"b")])])
    )
    assert ["headers" in r.fault for r in read.records] == [True, False]
    assert read.records[0].headers == ()
    assert read.records[0].value == b"v"


def test_a_record_whose_fields_do_not_fit_is_a_fault_and_the_next_is_read() -> None:
    body = b"\0" + varint(0) + varint(0) + varint(500) + b"short"
    read = Reading(batch([piece(body), record(1, b"k", b"v")]))
    assert [bool(r.fault) for r in read.records] == [True, False]


def test_a_batch_with_a_wrong_checksum_ends_the_reading_before_it_and_is_reported() -> None:
    damaged = bytearray(three())
    damaged[-1] ^= 1
    read = Reading(three() + at(3, bytes(damaged)))
    assert [r.offset for r in read.records] == [0, 1, 2]
    assert (read.corrupt, read.passed) == (3, Passed(3, 3))


def test_formats_older_than_two_are_faults() -> None:
    old = bytearray(three())
    old[16] = 1
    read = Reading(bytes(old) + at(3, three()))
    assert [bool(r.fault) for r in read.records] == [True, False, False, False]


def test_records_tell_from_where_on_they_follow() -> None:
    """Offsets that the broker left out inside a fetch are absent; what was asked for is where the reading began."""
    read = Reading(at(10, three()) + at(20, three()), offset=8)
    assert [(r.offset, r.follows) for r in read.records] == [(10, 8), (11, 11), (12, 12), (20, 13), (21, 21), (22, 22)]
    assert read.passed == Passed(23, 23)


def test_markers_between_two_fetches_leave_no_gap() -> None:
    first = Reading(three() + at(3, _marker()))
    assert first.passed == Passed(3, 4)
    assert Reading(at(4, three()), 4, first.passed).records[0].follows == 3
    assert Reading(at(9, three()), 9, first.passed).records[0].follows == 9


def _marker() -> bytes:
    """The end of a committed transaction."""
    transactional_control = 0x30
    return batch([record(0, b"\0\0\0\1", b"\0\0\0\0\0\0")], "none", Claims(attributes=transactional_control))
