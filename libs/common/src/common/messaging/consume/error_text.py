"""Why something could not be handled, in one line that pages, logs and traces may show: never with a value, which may
be personal."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from common.contracts.envelope import EnvelopeError
from common.messaging.failures import PermanentError, TransientError

FIELD = re.compile(r"[a-z_][a-z0-9_]{0,39}")
REPEATS_INPUT = frozenset({"union_tag_invalid"})
"""Kinds of pydantic's errors whose words repeat what was given."""


def reason_of(error: BaseException) -> str:
    """In words. Of an exception that is not ours only its class and its place in the code are told: the words of
    databases, codecs and dictionaries repeat the values that they refuse."""
    if isinstance(error, ValidationError):
        parts = [
            f"{_field(e['loc'])}: {'is not one of those allowed' if e['type'] in REPEATS_INPUT else e['msg']}"
            for e in error.errors(include_input=False, include_url=False)
        ]
        return "; ".join(parts[:5])
    if isinstance(error, EnvelopeError | PermanentError | TransientError):
        return str(error)
    if isinstance(error, asyncpg.PostgresError):
        code = f" ({error.sqlstate})" if error.sqlstate else ""
        return f"{type(error).__name__}{code} of the database{_place(error)}"
    if isinstance(error, asyncpg.InterfaceError):
        return f"{type(error).__name__} of the database{_place(error)}"
    if isinstance(error, KafkaError):
        return f"{type(error).__name__} of Kafka"
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror}" if error.strerror else type(error).__name__
    return f"{type(error).__name__}{_place(error)}"


def _field(place: tuple[int | str, ...]) -> str:
    """Where in a body. The keys of free dictionaries are the sender's words."""
    return ".".join(str(p) if isinstance(p, int) or FIELD.fullmatch(p) else "?" for p in place) or "body"


def _place(error: BaseException) -> str:
    """The last line of code that it came through, such as ` at handlers.py:120 in _receive`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" at {Path(last.filename).name}:{last.lineno} in {last.name}"
