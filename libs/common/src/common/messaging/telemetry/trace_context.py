"""W3C trace contexts of records: which trace a record belongs to, and whether it is sampled. Pure."""

from __future__ import annotations

import random
import re
from hashlib import blake2b

TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
NO_TRACE, NO_SPAN = "0" * 32, "0" * 16

Place = tuple[str, int, int]
"""Topic by the broker's name, partition, offset."""


def parse(text: str | None) -> tuple[str, str, bool] | None:
    """Trace id, span id and sampled flag of a `traceparent` of version 00; None for anything else."""
    found = TRACEPARENT.fullmatch(text) if text else None
    if found is None or found[1] != "00" or found[2] == NO_TRACE or found[3] == NO_SPAN:
        return None
    return found[2], found[3], bool(int(found[4], 16) & 1)


def written(trace_id: str, span_id: str, sampled: bool) -> str:
    """The inverse of `parse`."""
    return f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}"


def is_sampled(traceparent: str | None) -> bool:
    """Of one that our own services wrote."""
    return traceparent is not None and traceparent.endswith("-01")


def new_trace_id() -> str:
    return f"{random.getrandbits(128) | 1:032x}"


def new_span_id() -> str:
    return f"{random.getrandbits(64) | 1:016x}"


def chosen(place: Place, sample: float) -> bool:
    """Whether the record at a place is sampled. Who sends a record chooses its ids, headers and key, but no offset."""
    return int.from_bytes(_digest(place)[:8], "big") < sample * 2**64


def received(traceparent: str | None, place: Place, sample: float, *, trusted: bool) -> tuple[str, str | None]:
    """The context of the handling of a record, and the span id of whoever sent it.

    The caller's trace id is kept, so that the caller finds its trace. Its sampled flag counts where the writer is
    `trusted`; the record's place decides besides.
    """
    digest = _digest(place)
    flag = int.from_bytes(digest[:8], "big") < sample * 2**64
    found = parse(traceparent)
    span_id = new_span_id()
    if found is None:
        return written(f"{int.from_bytes(digest[16:], 'big') | 1:032x}", span_id, flag), None
    trace_id, caller, foreign = found
    return written(trace_id, span_id, flag or (trusted and foreign)), caller


def _digest(place: Place) -> bytes:
    return blake2b("{}/{}/{}".format(*place).encode(), digest_size=32).digest()
