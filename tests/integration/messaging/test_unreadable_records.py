"""Records that aiokafka cannot read, or would read into any amount of memory: a dead letter each, nothing else lost."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from pathlib import Path

from common.messaging.consume.unpacking import MAX_UNPACKED_BYTES, MIN_BOUND_BYTES
from common.messaging.kafka import client_options

from tests.conftest import Ground
from tests.forwarding import TOPIC, committed, database, message, routing_service, send, texts, wait_for
from tests.kafka import eventually
from tests.raw_batches import RawProducer, batch, packed, piece, record, sealed, varint

MEGABYTE = 1_048_576


def good(case_id: str, number: int, delta: int = 0, more: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    key, headers, body = message(case_id, number)
    return record(delta, key.encode(), body, [*((n.encode(), v) for n, v in headers), *more])


async def letters(ground: Ground) -> list[tuple[int, int, str]]:
    async with database(ground) as db:
        rows = await db.fetch('SELECT partition, "offset", reason FROM dead_letter ORDER BY 1, 2')
    return [tuple(r) for r in rows]


async def test_a_header_name_that_is_not_utf8_is_a_dead_letter_and_costs_no_other_record(
    ground: Ground, tmp_path: Path
) -> None:
    """The record lies between others of its own batch; other partitions hold more than one fetch."""
    topic = ground.installation.physical(TOPIC)
    await send(ground, [message(f"case-{n % 7}", n, f"before {n}") for n in range(700)])
    async with RawProducer(client_options(ground.settings("intake"))) as raw:
        for codec in ("none", "zstd", "gzip", "lz4", "snappy"):
            for partition in range(3):
                name = f"{codec}-{partition}"
                bad = good(f"bad-{name}", 1, delta=1, more=[(b"na\xffme", b"x")])
                one = [good(f"a-{name}", 1), bad, good(f"b-{name}", 1, delta=2)]
                await raw.send(topic, partition, batch(one, codec))
    await send(ground, [message(f"case-{n % 7}", 1000 + n, f"after {n}") for n in range(700)])
    async with routing_service(ground, tmp_path, batch_records=100):
        records = await wait_for(ground, 1_430)
        await eventually(lambda: _is(ground, 1_445))
    assert len(records) == 1_430
    for case in range(7):
        numbers = range(case, 700, 7)
        said = [f"before {n}" for n in numbers] + [f"after {n}" for n in numbers]
        assert texts(records, f"case-{case}") == said
    found = await letters(ground)
    assert len(found) == 15
    assert {reason for *_, reason in found} == {"the name of header 10 of 10 is not UTF-8: write header names in UTF-8"}


def zeros(codec: str, size: int) -> bytes:
    """One record whose value is zeros, packed; made piece by piece for codecs that take it so."""
    head = b"\0" + varint(0) + varint(0) + piece(b"key") + varint(size)
    whole = varint(len(head) + size + 1) + head + bytes(size) + varint(0)
    return packed(codec, whole)


async def test_batches_that_unpack_to_hundreds_of_megabytes_are_dead_letters_in_bounded_memory(
    ground: Ground, tmp_path: Path
) -> None:
    topic = ground.installation.physical(TOPIC)
    bombs = {"zstd": 400 * MEGABYTE, "gzip": 100 * MEGABYTE, "lz4": 100 * MEGABYTE, "snappy": 18 * MEGABYTE}
    made = {codec: sealed(zeros(codec, size), 1, codec) for codec, size in bombs.items()}
    async with RawProducer(client_options(ground.settings("intake"))) as raw:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for codec, whole in made.items():
            assert len(whole) < MEGABYTE, codec
            await raw.send(topic, 0, whole)
        await send(ground, [message(f"case-{n % 5}", n) for n in range(50)])
        async with routing_service(ground, tmp_path):
            await wait_for(ground, 50)
            await eventually(lambda: _letters(ground, 1))
            await eventually(lambda: _accounted(ground, len(made)))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 6 * MAX_UNPACKED_BYTES
    async with database(ground) as db:
        rows = await db.fetch("SELECT reason FROM dead_letter")
    assert f"offset 0: the batch is packed by zstd and cannot be unpacked within {MIN_BOUND_BYTES}" in rows[0][0]


async def _accounted(ground: Ground, count: int) -> bool:
    """On a topic of our own what has no key waits behind the first that has none; outsiders' topics never park."""
    async with database(ground) as db:
        return bool(await db.fetchval("SELECT (SELECT count(*) FROM dead_letter) + count(*) = $1 FROM parked", count))


async def _letters(ground: Ground, count: int) -> bool:
    return len(await letters(ground)) == count


async def _is(ground: Ground, count: int) -> bool:
    return await committed(ground) == count
