"""What differs between two versions of a layer's tables, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from common.contracts.patch import Cells
from common.rulebook.jdm import Document, rows_of
from common.rulebook.tables import TABLES


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row of a table: its cells and its place (0: first) before and after; None where the row is not there.

    A row with the same cells is one that other rows now stand before or behind: the first row that holds decides.
    """

    table: str
    row_id: str
    before: Cells | None
    after: Cells | None
    place_before: int | None
    place_after: int | None
    displaced: bool = False
    """Whether its order among the rows of both has changed; one that was changed may stand elsewhere besides."""

    @property
    def moved(self) -> bool:
        """Whether only its order among the other rows has changed."""
        return self.before == self.after


def differences(before: Mapping[str, Document], after: Mapping[str, Document]) -> list[RowDifference]:
    """Rows removed, changed, moved and added, by table; raises RulebookError for a document without rows to read.

    Tables that are no longer known are left out. Of rows that changed places the fewest are called moved.
    """
    found: list[RowDifference] = []
    for table in sorted((before.keys() | after.keys()) & TABLES.keys()):
        found += _of_table(table, _rows(table, before), _rows(table, after))
    return found


def _of_table(table: str, old: dict[str, Cells], new: dict[str, Cells]) -> list[RowDifference]:
    was, now = {r: i for i, r in enumerate(old)}, {r: i for i, r in enumerate(new)}
    stay = _in_order([r for r in old if r in new], [r for r in new if r in old])
    return [
        RowDifference(
            table,
            row_id,
            old.get(row_id),
            new.get(row_id),
            was.get(row_id),
            now.get(row_id),
            displaced=row_id in old and row_id in new and row_id not in stay,
        )
        for row_id in [*old, *(r for r in new if r not in old)]
        if old.get(row_id) != new.get(row_id) or row_id not in stay
    ]


def _in_order(old: list[str], new: list[str]) -> set[str]:
    """Rows of both orders that stand in the same order in both."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {row for block in blocks for row in old[block.a : block.a + block.size]}


def _rows(table: str, tables: Mapping[str, Document]) -> dict[str, Cells]:
    return dict(rows_of(table, tables[table])) if table in tables else {}
