"""What events that take something back leave of a case's history: pure, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.contracts.events import federal, region
from common.contracts.events.base import Event
from common.contracts.frozen import value

from portal.case_fold import CaseView

TYPES: frozenset[type[Event]] = frozenset(
    {region.CaseOverdueWithdrawn, federal.CaseEscalationWithdrawn, federal.DirectiveWithdrawn}
)
"""Events that take something back."""
ABOUT: frozenset[type[Event]] = frozenset(
    {region.CaseOverdue, region.DirectiveReceived, federal.CaseEscalated, federal.DirectiveIssued}
)  # fmt: skip
"""Events that may be taken back."""


@value
class Told:
    """One event of a case's history that takes back, or may be taken back."""

    arrival: int
    case_id: str
    id: str
    type: str
    time: datetime
    data: Mapping[str, Any]


def taken_back(rows: Sequence[Told], now: Collection[str]) -> dict[int, datetime]:
    """Which of these events (by arrival, in its order) are taken back by those whose ids are `now`, and when."""
    found: dict[int, datetime] = {}
    before: dict[str, list[Told]] = {}
    for row in rows:
        earlier = before.setdefault(row.case_id, [])
        if row.id in now:
            standing = [r for r in earlier if r.arrival not in found]
            found |= dict.fromkeys(_matching(row, standing), row.time)
        earlier.append(row)
    return found


def _matching(row: Told, before: Sequence[Told]) -> set[int]:
    data = row.data
    if row.type == region.CaseOverdueWithdrawn.type:
        reported_at = data.get("reported_at")
        moment = datetime.fromisoformat(reported_at) if reported_at else None
        return {r.arrival for r in before if r.type == region.CaseOverdue.type and r.time == moment}
    if row.type == federal.CaseEscalationWithdrawn.type:
        # A case that was opened again climbed the same levels before: the last time is meant.
        last = {r.data["level"]: r.arrival for r in before if r.type == federal.CaseEscalated.type}
        return {last[level] for level in data["withdrawn"] if level in last}
    kinds = (region.DirectiveReceived.type, federal.DirectiveIssued.type)
    return {r.arrival for r in before if r.type in kinds and r.data.get("directive_id") == data["directive_id"]}


def without(view: CaseView, rows: Sequence[Told], gone: Collection[int]) -> CaseView:
    """The view as what is left of its own history makes it."""
    left = [r for r in rows if r.arrival not in gone]
    levels = [r.data["level"] for r in left if r.type == federal.CaseEscalated.type]
    overdue = any(r.type == region.CaseOverdue.type for r in left)
    return replace(view, overdue=overdue, level=max(levels, default=0))
