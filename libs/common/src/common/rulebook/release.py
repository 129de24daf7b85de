"""One immutable version of a layer of the rulebook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from common.contracts.trial import TrialPlan

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
    trials: tuple[TrialPlan, ...] = ()
    """Changes that a part of what it decides follows."""


def release_hash(
    layer: str,
    number: int,
    effective_at: str,
    tables: dict[str, Any],
    previous_hash: str,
    trials: Sequence[TrialPlan] = (),
) -> str:
    """SHA-256 over the canonical JSON of all that a release says, with its predecessor's hash.

    Trials are part of it where there are any.
    """
    body: list[Any] = [layer, number, effective_at, tables, previous_hash]
    if trials:
        body.append([plan.model_dump(mode="json", exclude_none=True) for plan in trials])
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(release: Release) -> Release:
    """The release with its own hash."""
    effective = release.effective_at.isoformat()
    digest = release_hash(
        release.layer, release.number, effective, release.tables, release.previous_hash, release.trials
    )
    return release.model_copy(update={"hash": digest})
