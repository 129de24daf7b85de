"""Batches of records made byte by byte (format 2), as no well-behaved producer would, and their way to a broker."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition
from common.messaging.consume.guarded_records import HEADER, LENGTH

CRC_AT, CRC_COVERS_FROM = 17, 21
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}

Headers = Sequence[tuple[bytes | None, bytes | None]]


def varint(number: int) -> bytes:
    """Zigzag, as in a record."""
    left = (number << 1) ^ (number >> 63)
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


def piece(data: bytes | None) -> bytes:
    """A field after its length; None is -1."""
    return varint(-1) if data is None else varint(len(data)) + data


def record(delta: int, key: bytes | None, value: bytes | None, headers: Headers = (), since_first: int = 0) -> bytes:
    """One record of a batch; `delta` is its offset within."""
    fields = [b"\0", varint(since_first), varint(delta), piece(key), piece(value), varint(len(headers))]
    fields += [piece(name) + piece(said) for name, said in headers]
    body = b"".join(fields)
    return varint(len(body)) + body


def packed(codec: str, data: bytes) -> bytes:
    """As the broker takes it: LZ4 with blocks on their own, snappy in Java's stream."""
    encoders = {"gzip": gzip_encode, "snappy": snappy_encode, "lz4": lz4_encode, "zstd": zstd_encode}
    return bytes(encoders[codec](data)) if codec in encoders else data


@dataclass(frozen=True)
class Claims:
    """What a batch's header says, where it shall differ from what is in it."""

    count: int | None = None
    last_delta: int | None = None
    attributes: int = 0
    """Beside the codec."""
    magic: int = 2
    producer: tuple[int, int, int] = (-1, -1, -1)
    first_timestamp: int | None = None


def batch(records: Iterable[bytes], codec: str = "none", claims: Claims | None = None) -> bytes:
    """A batch of these records, packed, with its checksum."""
    told = claims or Claims()
    parts = list(records)
    return sealed(packed(codec, b"".join(parts)), len(parts), codec, told)


def sealed(payload: bytes, count: int, codec: str = "none", told: Claims | None = None) -> bytes:
    """A batch around bytes that are packed already."""
    told = told or Claims()
    now = int(time.time() * 1000) if told.first_timestamp is None else told.first_timestamp
    last = count - 1 if told.last_delta is None else told.last_delta
    whole = bytearray(
        HEADER.pack(
            0, HEADER.size + len(payload) - LENGTH.size, -1, told.magic, 0, CODECS[codec] | told.attributes, last,
            now, now, *told.producer, count if told.count is None else told.count,
        )
    )  # fmt: skip
    whole += payload
    whole[CRC_AT:CRC_COVERS_FROM] = calc_crc32c(bytes(whole[CRC_COVERS_FROM:])).to_bytes(4, "big")
    return bytes(whole)


class RawProducer:
    """Sends batches as they are; the broker judges them alone."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._client = AIOKafkaClient(**options)

    async def __aenter__(self) -> RawProducer:
        await self._client.bootstrap()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def send(self, topic: str, partition: int, whole: bytes) -> int:
        """The offset that the broker gave to the first record; raises the broker's error."""
        place = TopicPartition(topic, partition)
        if self._client.cluster.leader_for_partition(place) is None:
            self._client.add_topic(topic)
            await self._client.force_metadata_update()
        node = self._client.cluster.leader_for_partition(place)
        response = await self._client.send(node, ProduceRequest(None, -1, 30_000, [(topic, [(partition, whole)])]))
        ((_, ((_, code, offset, *_rest),)),) = response.topics
        if code:
            raise for_code(code)(topic)
        return int(offset)
