"""The hash chain: each step carries the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common.contracts.events.rules import StepRecorded


@dataclass(frozen=True, slots=True)
class Head:
    """The last link; number 0 with an empty hash before the first."""

    number: int = 0
    hash: str = ""


def instant(moment: datetime) -> str:
    """A time as it is hashed: UTC, `Z`, as on the wire."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def digest(said: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of plain data."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def link(head: Head, step: str, proposal_id: str | None, at: datetime, body: dict[str, Any]) -> StepRecorded:
    """The next link after `head`. `body` must be plain JSON."""
    number = head.number + 1
    said = {
        "previous": head.hash,
        "number": number,
        "step": step,
        "proposal_id": proposal_id,
        "at": instant(at),
        "body": body,
    }
    return StepRecorded(
        number=number, step=step, proposal_id=proposal_id, at=at, body=body, previous=head.hash, hash=digest(said)
    )
