"""Bodies of HTTP requests: encoding, depth and numbers are judged before anything is made of them.

Size and time are bounded by the port, which hands over a request once it is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

MAX_BYTES = 262_144
"""As on a channel's topic; the longest text is far shorter."""
MAX_NESTING = 20
MAX_FIELDS = 200
MAX_DIGITS = 1_000
OUTSIDE_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)
"""A JSON string, also one that does not end, or a bracket, which nests outside strings alone. Never looks twice at a
character, whatever the text."""
NUL = "\x00"
BYTE_ORDER_MARK = "\ufeff"


class Refused(Exception):
    """What is wrong with a request, with its HTTP status and headers."""

    limit = ""
    """Of what there was too much, where that is neither an address nor the whole edge: conversation, reading, key."""

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.headers = dict(headers or {})


async def read_body(request: Request) -> bytes:
    """The body; raises Refused (413, 415, 400)."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused(415, "send the body without a content-encoding")
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise Refused(400, "the sender went away") from error
    if len(body) > MAX_BYTES:
        raise Refused(413, f"the body is larger than {MAX_BYTES} bytes")
    return body


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
    """A JSON object in UTF-8, of bounded depth, strict: no key twice, no NaN. Raises Refused."""
    if not body.strip():
        raise Refused(400, "the body is empty; send a JSON object")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, f"the body is not JSON in UTF-8: byte {error.start} cannot be read") from error
    if text.startswith(BYTE_ORDER_MARK) or NUL in text:
        raise Refused(400, "the body is not JSON in UTF-8 without a byte order mark and without NUL")
    if text.count("[") + text.count("{") > MAX_NESTING and _nests_too_deep(text):
        raise Refused(400, f"the body is nested deeper than {MAX_NESTING}")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_int)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(400, "the body must be a JSON object")
    # Text in UTF-8 can hold neither but by an escape.
    if "\\u" in text and _unreadable(found):
        raise Refused(422, "a text holds NUL or half of a character pair; leave it out")
    return found


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form-encoded body in order; an empty one counts as absent. Raises Refused."""
    try:
        fields = parse_qsl(body.decode(), max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise Refused(400, f"the body is not a form in UTF-8 of at most {MAX_FIELDS} fields") from error
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


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(digits)


def _nests_too_deep(text: str) -> bool:
    depth = 0
    for found in OUTSIDE_STRINGS.finditer(text):
        token = found[0]
        if token in ("[", "{"):
            depth += 1
            if depth > MAX_NESTING:
                return True
        elif token in ("]", "}"):
            depth -= 1
    return False


def _unreadable(value: Any) -> bool:
    if isinstance(value, str):
        return NUL in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_unreadable(k) or _unreadable(v) for k, v in value.items())
    return isinstance(value, list) and any(map(_unreadable, value))
