"""From what cells say to a patch of the jurisdiction table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from common.contracts.patch import Cells, Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

TABLE = "jurisdiction"

CellName = tuple[str, str]
"""Category and area."""


class Patcher:
    """Writes patches against the newest release of a layer."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def cells(self, region: str, cells: Iterable[CellName], target: str, now: datetime) -> Patch | None:
        """Each cell's own row of the region set to `target`, or put before all others; None when the rules in force
        say so already for all of them."""
        head = self._book.head(region)
        if head is None:
            return None
        rulebook = self._book.in_force(region, now)
        own = {(c["category"], c["area"]): (row, c) for row, c in self._rows(region)}
        changes = []
        for category, area in cells:
            decision = rulebook.decide(TABLE, {"category": category, "area": area}, NO_UNIT)
            if decision is not None and decision.outputs["authority"] == target:
                continue
            after = _row(category, (area,), target)
            held = own.get((after["category"], after["area"]))
            if held is not None:
                changes.append(RowChange(op="set", row_id=held[0], before=held[1], after=after))
            else:
                changes.append(RowChange(op="add", row_id=_name(category, area, head.number + 1), after=after, at=0))
        if not changes:
            return None
        return Patch(layer=region, base_number=head.number, table=TABLE, changes=tuple(changes))

    def nation(self, category: str, target: str, keep: Sequence[str], old: str) -> Patch | None:
        """The nation's one row of a category set to `target`, with a row before it for the areas that `keep` what
        they have; None when the nation's newest release has no such row, or it does not name `old`."""
        head = self._book.head(NATIONAL)
        wanted = _row(category, (), target)
        rows = [(row, c) for row, c in self._rows(NATIONAL) if c["category"] == wanted["category"] and not c["area"]]
        if head is None or not rows or rows[0][1]["authority"] != json.dumps(old):
            return None
        row_id, before = rows[0]
        changes = [RowChange(op="set", row_id=row_id, before=before, after=wanted)]
        if keep:
            name = _name(category, "kept", head.number + 1)
            changes.append(RowChange(op="add", row_id=name, after=_row(category, keep, old), at=0))
        return Patch(layer=NATIONAL, base_number=head.number, table=TABLE, changes=tuple(changes))

    def decided_by(self, region: str, category: str, area: str, now: datetime) -> str | None:
        """The layer whose row decides a cell; None when no row does."""
        inputs = {"category": category, "area": area}
        decision = self._book.in_force(region, now).decide(TABLE, inputs, NO_UNIT)
        return decision.because[-1].layer if decision is not None else None

    def _rows(self, layer: str) -> list[tuple[str, Cells]]:
        head = self._book.head(layer)
        return rows_of(TABLE, head.tables[TABLE]) if head is not None and TABLE in head.tables else []


def _row(category: str, areas: Sequence[str], authority: str) -> Cells:
    area = ",".join(json.dumps(a, ensure_ascii=False) for a in areas)
    return {"category": json.dumps(category, ensure_ascii=False), "area": area, "authority": json.dumps(authority)}


def _name(category: str, area: str, number: int) -> str:
    return f"{category}-{area.lower()}-{number}"[-200:]
