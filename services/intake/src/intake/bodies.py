"""Bodies of HTTP requests: bounded in size, time and depth before anything is made of them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 262_144
"""As on a channel's topic; the longest text is far shorter."""
MOST_SECONDS = 10.0
"""To send a body: a slow sender must not hold a place that others wait for."""
MOST_NESTING = 20
MOST_FIELDS = 200
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
"""Brackets inside a JSON string do not nest."""
NUL = "\x00"


class Refused(Exception):
    """What is wrong with a request, with its HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def read_body(request: Request) -> bytes:
    """The body, bounded; raises Refused (413, 408, 415) before reading more than the bound."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "send the body without a content-encoding")
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > MOST_BYTES:
        raise Refused(413, f"the body is larger than {MOST_BYTES} bytes")
    parts, size = [], 0
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise Refused(413, f"the body is larger than {MOST_BYTES} bytes")
                parts.append(part)
    except TimeoutError as error:
        raise Refused(408, f"the body did not come within {MOST_SECONDS:.0f} s") from error
    except ClientDisconnect as error:
        raise Refused(400, "the sender went away") from error
    return b"".join(parts)


def must_be(request: Request, *accepted: str) -> None:
    """Raises Refused (415) for a body of another type; one that names no type is taken as the first."""
    given = request.headers.get("content-type")
    if given is None:
        return
    kind, _, rest = given.partition(";")
    charset = rest.partition("charset=")[2].split(";")[0].strip().strip('"').lower() or "utf-8"
    if kind.strip().lower() not in accepted or charset not in ("utf-8", "utf8"):
        raise Refused(415, f"the body must be {' or '.join(accepted)} in UTF-8")


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object of bounded depth, strict: no key twice, no NaN. Raises Refused."""
    if not body.strip():
        raise Refused(400, "the body is empty; send a JSON object")
    depth = deepest = 0
    for byte in STRING.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > MOST_NESTING:
        raise Refused(400, f"the body is nested deeper than {MOST_NESTING}")
    try:
        found = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
        unreadable = _unreadable(found)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(400, "the body must be a JSON object")
    if unreadable:
        raise Refused(422, "a text holds NUL or half of a character pair; leave it out")
    return found


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form-encoded body in order; an empty one counts as absent. Raises Refused."""
    try:
        fields = parse_qsl(body.decode(), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Refused(400, f"the body is not a form in UTF-8 of at most {MOST_FIELDS} fields") from error
    if any(NUL in value or NUL in name for name, value in fields):
        raise Refused(400, "a field holds NUL; leave it out")
    return fields


def words_of(error: ValidationError) -> str:
    """Which fields are wrong and how, without their values."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:5])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def _unreadable(value: Any) -> bool:
    if isinstance(value, str):
        return NUL in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_unreadable(k) or _unreadable(v) for k, v in value.items())
    return isinstance(value, list) and any(map(_unreadable, value))
