"""One immutable version of a layer of the rulebook."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

NATIONAL = "national"


class Release(BaseModel):
    """`tables` are JDM documents by table name; `previous_hash` is empty for number 1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layer: str
    """`national`, or a region's id."""
    number: int
    effective_at: AwareDatetime
    tables: dict[str, dict[str, Any]]
    previous_hash: str = ""
    hash: str = ""


def release_hash(layer: str, number: int, effective_at: str, tables: dict[str, Any], previous_hash: str) -> str:
    """SHA-256 over the canonical JSON of all that a release says, with its predecessor's hash."""
    body = [layer, number, effective_at, tables, previous_hash]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(release: Release) -> Release:
    """The release with its own hash."""
    effective = release.effective_at.isoformat()
    digest = release_hash(release.layer, release.number, effective, release.tables, release.previous_hash)
    return release.model_copy(update={"hash": digest})
