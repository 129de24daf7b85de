"""Which rule of its own a better region has, and the patch by which others would have it too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.contracts.patch import Cells, Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL

TABLES = ("priority", "answer_quality", "deadline")
"""Those whose rows are about a category alone, wherever a case lies, so that another region could have them."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row of a region about one category."""

    table: str
    row_id: str
    cells: Cells


class Rows:
    """Reads and writes rows against the newest release of a layer."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def own(self, region: str, category: str) -> OwnRow | None:
        """The first row of a region that is about this category and no other, and that the nation has not."""
        wanted = json.dumps(category, ensure_ascii=False)
        for table in TABLES:
            national = [cells for _, cells in self._rows(NATIONAL, table)]
            for row_id, cells in self._rows(region, table):
                if cells.get("category") == wanted and cells not in national:
                    return OwnRow(table, row_id, cells)
        return None

    def has(self, layer: str, row: OwnRow) -> bool:
        """Whether a layer says the same of the category."""
        return any(cells == row.cells for _, cells in self._rows(layer, row.table))

    def patch(self, layer: str, row: OwnRow, now: datetime) -> Patch | None:
        """The row put before all others of a layer; None where it has the row, or another of its own on the matter."""
        head = self._book.head(layer)
        if head is None or head.effective_at > now:
            return None
        about = [cells for _, cells in self._rows(layer, row.table) if cells.get("category") == row.cells["category"]]
        if row.cells in about or (layer != NATIONAL and about):
            return None
        name = f"{row.row_id}-from-{head.number + 1}"[-200:]
        change = RowChange(op="add", row_id=name, after=row.cells, at=0)
        return Patch(layer=layer, base_number=head.number, table=row.table, changes=(change,))

    def _rows(self, layer: str, table: str) -> Sequence[tuple[str, Cells]]:
        head = self._book.head(layer)
        return rows_of(table, head.tables[table]) if head is not None and table in head.tables else []
