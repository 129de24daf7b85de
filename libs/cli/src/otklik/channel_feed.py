"""`otklik channel feed`: lines of JSON, one public post or comment each, from a file to the edges."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from otklik.console import CommandError, console
from otklik.locate import find_running
from otklik.process_plan import POSTS, POSTS_KEYS, secret_key

KEY = "OTKLIK_POSTS_KEY"
MOST_LINES, MOST_BYTES = 500, 1_000_000
"""Of one request."""
PATIENCE_SECONDS = 120.0
TRIES = 8
LONGEST_PAUSE_SECONDS = 30.0
SHOWN = 200
"""Lines that were not taken are shown up to so many; all are counted."""


class NotFed(CommandError):
    """What cannot be sent at all; the message says what to do."""


@dataclass
class Told:
    """What became of the lines so far."""

    states: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Lines that were not taken."""
        return self.states["refused"] + self.states["again"]


def feed(channel: str, file: Path, folder: Path, url: str | None) -> None:
    """Send every line; prints those that were refused with their reason. Raises NotFed where any was not taken."""
    key = os.environ.get(KEY, "")
    if not key and url is None and channel == POSTS and POSTS_KEYS not in os.environ:
        key = secret_key(find_running(folder).folder, POSTS)
    if not key:
        raise NotFed(f"{KEY} is not set: the key of the channel, as OTKLIK_POSTS_KEYS of the service channels has it")
    base = url or f"http://127.0.0.1:{find_running(folder).ports['channels']}"
    told = Told()
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
            for first, lines in chunks(source):
                _send(base, channel, key, first, lines, told)
    except OSError as error:
        raise NotFed(f"{file} cannot be read: {error.strerror or error}") from error
    counted = ", ".join(f"{count} {state}" for state, count in sorted(told.states.items())) or "no lines"
    console.print(counted, highlight=False)
    if told.lost:
        raise NotFed(f"{told.lost} lines were not taken: mend them and send the file again, which repeats nothing")


def chunks(source: BinaryIO | Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Lines for one request each, with the number of the first."""
    first, size = 1, 0
    lines: list[bytes] = []
    for number, line in enumerate(source, 1):
        if lines and (len(lines) >= MOST_LINES or size + len(line) > MOST_BYTES):
            yield first, lines
            first, lines, size = number, [], 0
        lines.append(line.rstrip(b"\r\n"))
        size += len(line) + 1
    if lines:
        yield first, lines


def _send(base: str, channel: str, key: str, first: int, lines: list[bytes], told: Told) -> None:
    """One request; what can be taken later is sent again, with growing pauses."""
    waiting = dict(enumerate(lines, first))
    for attempt in range(1, TRIES + 1):
        numbers = [number for number, line in waiting.items() if line.strip()]
        if not numbers:
            return
        status, body, after = _post(base, channel, key, b"\n".join(waiting[number] for number in numbers))
        if status == 200:
            later = {}
            for one in map(json.loads, body.splitlines()):
                number, state = numbers[one["line"] - 1], one["state"]
                if state == "again" and attempt < TRIES:
                    later[number] = waiting[number]
                    continue
                told.states[state] += 1
                if state in ("refused", "again") and told.lost <= SHOWN:
                    console.print(f"line {number}: {state}: {one['reason']}", highlight=False, markup=False)
            waiting = later
        elif status not in (408, 429, 503) or attempt == TRIES:
            raise NotFed(f"{base} answered {status} from line {first} on: {_words(body)}")
        if waiting:
            time.sleep(min(LONGEST_PAUSE_SECONDS, after or 2.0 ** (attempt - 1)))


def _post(base: str, channel: str, key: str, body: bytes) -> tuple[int, bytes, float | None]:
    """Status, body, and when to come again. A connection that fails counts as 503."""
    place = urlsplit(base)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=PATIENCE_SECONDS)
    headers = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {key}"}
    try:
        connection.request("POST", f"{place.path.rstrip('/')}/posts/{channel}", body, headers)
        answer = connection.getresponse()
        after = answer.headers.get("retry-after", "")
        return answer.status, answer.read(), float(after) if after.isdecimal() else None
    except (OSError, http.client.HTTPException) as error:
        return 503, f"no answer: {type(error).__name__}".encode(), None
    finally:
        connection.close()


def _words(body: bytes) -> str:
    """What an error says."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
