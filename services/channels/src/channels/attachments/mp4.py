"""An MP4 file (ISO/IEC 14496-12) without its metadata: where it was taken, by which device, what was written to it."""

from __future__ import annotations

METADATA = frozenset({b"udta", b"meta", b"uuid", b"XMP_"})
"""Boxes that hold it."""
HOLDERS = frozenset({b"moov", b"trak", b"moof", b"traf"})
"""Boxes in which such boxes lie."""
DEEPEST = 8
TIMED = frozenset({b"mebx", b"camm", b"gpmd"})
"""Samples of tracks that record a place over time."""


def without_metadata(data: bytes) -> bytes:
    """The same file in which each metadata box is free space of the same size, so that no offset changes.

    Raises ValueError for a file whose boxes do not fit into each other, and for one with a track of places.
    """
    found = bytearray(data)
    if any(b"stsd" in data and kind in data for kind in TIMED):
        raise ValueError("the file has a track that records places")
    _free(found, 0, len(found), 0)
    return bytes(found)


def _free(data: bytearray, start: int, end: int, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("boxes lie too deep")
    position = start
    while position < end:
        if end - position < 8:
            raise ValueError("a box ends too early")
        size, header = int.from_bytes(data[position : position + 4], "big"), 8
        kind = bytes(data[position + 4 : position + 8])
        if size == 1:
            size, header = int.from_bytes(data[position + 8 : position + 16], "big"), 16
        elif size == 0:
            size = end - position
        if size < header or position + size > end:
            raise ValueError("a box is larger than what it lies in")
        if kind in METADATA:
            data[position + 4 : position + 8] = b"free"
            data[position + header : position + size] = bytes(size - header)
        elif kind in HOLDERS:
            _free(data, position + header, position + size, depth + 1)
        position += size
