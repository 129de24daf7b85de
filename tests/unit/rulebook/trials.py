"""A deadline of two days for all, and changes of it that are tried in a part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.rulebook import NATIONAL, Release, Rulebook, apply_patch, reverse, sealed
from common.rulebook.jdm import Cells, document_of
from common.rulebook.layers import Layer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POTHOLE = {"category": "pothole", "priority": 1}
LAMP = {"category": "lamp", "priority": 1}


def row(minutes: int, category: str = "") -> Cells:
    cell = f'"{category}"' if category else ""
    return {"category": cell, "priority": "", "answer_minutes": str(minutes), "extension_minutes": "60"}


def tables(*rows: tuple[str, Cells]) -> dict[str, Any]:
    return {"deadline": document_of("deadline", [*rows, ("rest", row(960))])}


def shorter(category: str = "pothole", minutes: int = 480, layer: str = NATIONAL) -> Patch:
    """A row of its own for a category, before all others."""
    change = RowChange(op="add", row_id=f"{category}-{minutes}", after=row(minutes, category), at=0)
    return Patch(layer=layer, base_number=1, table="deadline", changes=(change,))


def plan(patch: Patch | None = None, before: dict[str, Any] | None = None, **fields: Any) -> TrialPlan:
    patch = patch or shorter()
    reversal = reverse(patch, before or tables())
    named = {"proposal_id": "p1", "unit": "case", "share": 0.2, "salt": "salt", "started_at": NOON}
    return TrialPlan(patch=patch, reversal=reversal, **{**named, **fields})


def release(*plans: TrialPlan, number: int = 2, effective_at: datetime = EPOCH, layer: str = NATIONAL) -> Release:
    """Its tables hold what is adopted."""
    held = tables()
    for each in plans:
        held = apply_patch(held, each.patch) if each.adopted else held
    return sealed(Release(layer=layer, number=number, effective_at=effective_at, tables=held, trials=plans))


def rulebook(*plans: TrialPlan) -> Rulebook:
    return Rulebook(Layer(release(*plans)), None)
