"""The last line of a log that tells of an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

TAIL_BYTES = 64 * 1024
FRESH = timedelta(hours=1)
"""An older error is not shown of what runs: it has gone on since."""
ERROR = re.compile(
    rb"\b(?:ERROR|CRITICAL|FATAL|PANIC)\b|^[\w.]*(?:Error|Exception|Crash)\b|^settings are missing|OutOfMemory"
)
TIME = re.compile(rb"^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")


def last_error(log: Path, *, alive: bool, now: datetime | None = None) -> str | None:
    """None where there is none; of a process that has ended, its last words if none of them is an error."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = [line.strip() for line in file.read().splitlines()]
    except OSError:
        return None
    lines = [line for line in lines if line]
    at: datetime | None = None
    found: bytes | None = None
    for line in lines:
        at = _time_of(line) or at
        if ERROR.search(line) and (not alive or at is None or (now or datetime.now(UTC)) - at < FRESH):
            found = line
    if found is None and not alive and lines:
        found = lines[-1]
    return None if found is None else found.decode("utf-8", "replace")


def _time_of(line: bytes) -> datetime | None:
    """Kafka's log has this machine's zone and is read as UTC: only an age of hours is asked for. None for a line that
    begins with no time, or with none that there is."""
    found = TIME.match(line)
    try:
        return None if found is None else datetime.fromisoformat(b"T".join(found.groups()).decode()).replace(tzinfo=UTC)
    except ValueError:
        return None
