"""One case of a log, as a run of the laboratory takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from common.rulebook.placement import Where

Cell: TypeAlias = tuple[str, str]
"""Category and area."""


@dataclass(frozen=True, slots=True)
class LoggedCase:
    """Where a case lay and who really had it (None: the log does not say). Times are UTC."""

    case_id: str
    opened_at: datetime
    type: str
    where: Where
    channel: str
    really: str | None
    joins: str | None
    """The case that it is a duplicate of."""
    cell: Cell | None
    """By the rules that were learnt; None where they place it nowhere."""
    ruled: str | None
    """Whom those rules give it to."""
    closed_at: datetime | None = None
    """None where it was never closed; may lie before `opened_at`, as in any live feed."""
    point: tuple[float, float] | None = None
    """Latitude and longitude."""
