"""FastStream's parsing made safe: a bad header or body must reach our own code, not vanish before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from common.messaging.kafka import Record


def _readable(record: Record) -> Record:
    """The same record with headers that FastStream can decode; our handler reads the original's bytes as latin-1."""
    headers = tuple((name, _utf8(value)) for name, value in record.headers)
    return dataclasses.replace(record, headers=headers)


def _utf8(value: bytes | None) -> bytes:
    if value is None:
        return b""
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("utf-8", "backslashreplace").encode()
    return value


async def lenient(record: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """A parser that never fails on headers, so that no record is skipped unseen.

    Of a batch only the first record is parsed: our consumer reads each raw record itself, and a rewind goes by
    `raw_message`.
    """
    records = tuple(record) if isinstance(record, tuple | list) else (record,)
    first = _readable(records[0])
    message = await original((first,) if isinstance(record, tuple | list) else first)
    message.raw_message = records if isinstance(record, tuple | list) else record
    return message


async def whole(message: Any) -> Any:
    """A decoder that hands the message itself to the handler: each record is validated by itself later."""
    return message
