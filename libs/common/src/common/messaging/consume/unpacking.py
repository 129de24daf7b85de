"""Unpacks a batch of records into memory of a fixed size, so that no sender decides how much is taken. No I/O."""

from __future__ import annotations

import struct
from typing import Any

import cramjam

MAX_UNPACKED_BYTES = 16_777_216
"""Of one batch."""
MIN_BOUND_BYTES = 4_194_304
"""Any batch may unpack to this much, however small it is packed."""
MAX_RATIO = 64
"""Above MIN_BOUND_BYTES a batch may unpack to this many times its size: what is refused costs time as well."""

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
NAMES = {GZIP: "gzip", SNAPPY: "snappy", LZ4: "lz4", ZSTD: "zstd"}
XERIAL = b"\x82SNAPPY\x00"
"""Java's snappy streams begin so: 16 bytes, then blocks, each after its packed length in four bytes."""
XERIAL_HEADER_BYTES = 16


class UnpackError(ValueError):
    """A batch that is larger than its bound or damaged; says which bound."""


def bound_of(packed_bytes: int) -> int:
    """Most bytes that a batch of this size may unpack to."""
    return min(MAX_UNPACKED_BYTES, max(MIN_BOUND_BYTES, MAX_RATIO * packed_bytes))


class Unpacker:
    """Holds the memory that batches are unpacked into, one after the other."""

    def __init__(self) -> None:
        self._room = bytearray(MAX_UNPACKED_BYTES)

    def unpack(self, codec: int, packed: memoryview) -> memoryview:
        """The batch's records; the view holds until the next call. Raises UnpackError."""
        if codec not in NAMES:
            raise UnpackError(f"the batch is packed by codec {codec}, which is not known")
        bound = bound_of(len(packed))
        room = memoryview(self._room)[:bound]
        try:
            size = _unpack_snappy(packed, room) if codec == SNAPPY else _CODECS[codec].decompress_into(packed, room)
        except (cramjam.DecompressionError, ValueError, struct.error) as error:
            raise UnpackError(
                f"the batch is packed by {NAMES[codec]} and cannot be unpacked within {bound} bytes: it is larger or"
                " damaged; send smaller batches"
            ) from error
        return room[:size]


_CODECS: dict[int, Any] = {GZIP: cramjam.gzip, LZ4: cramjam.lz4, ZSTD: cramjam.zstd}


def _unpack_snappy(packed: memoryview, room: memoryview) -> int:
    if packed[: len(XERIAL)] != XERIAL:
        return _unpack_block(packed, room)
    at, size = XERIAL_HEADER_BYTES, 0
    while at < len(packed):
        (length,) = struct.unpack_from(">i", packed, at)
        at += 4
        if not 0 < length <= len(packed) - at:
            raise ValueError("a block of snappy is longer than what there is")
        size += _unpack_block(packed[at : at + length], room[size:])
        at += length
    return size


def _unpack_block(block: memoryview, room: memoryview) -> int:
    if cramjam.snappy.decompress_raw_len(block) > len(room):
        raise ValueError("a block of snappy is larger than its bound")
    size: int = cramjam.snappy.decompress_raw_into(block, room)
    return size
