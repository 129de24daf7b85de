"""Lines of JSON: each is judged for itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channels.bodies import Refused, must_be

MEDIA_TYPE = "application/x-ndjson"
MOST_LINES = 5_000
MOST_OF_A_LINE = 65_536
"""Bytes."""


async def lines_of(request: Request) -> list[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers from 1. Raises Refused (400, 413, 415)."""
    must_be(request, MEDIA_TYPE, "application/jsonl", "application/json", "text/plain")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused(415, "send the body without a content-encoding")
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise Refused(400, "the sender went away") from error
    found = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if len(found) > MOST_LINES:
        raise Refused(413, f"at most {MOST_LINES} lines at a time: send the rest in another request")
    return found


def answer(lines: Iterable[Mapping[str, Any]]) -> Response:
    body = "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in lines)
    return Response(body, media_type=MEDIA_TYPE)
