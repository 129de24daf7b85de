"""Changes of the rows of one table that a person gathers before proposing them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from common.contracts.patch import Cells, Patch, RowChange
from common.rulebook.differences import RowDifference, differences
from common.rulebook.errors import PatchConflict
from common.rulebook.jdm import Document, document_of, rows_of
from common.rulebook.patch import apply_patch
from common.rulebook.patch_between import patch_between
from common.rulebook.release import Release


@dataclass(frozen=True)
class RowDraft:
    """A layer's newest release, and what shall be otherwise in one of its tables.

    `unfit` are changes that were gathered against an older release and do not fit the newest one.
    """

    base: Release
    table: str
    changes: tuple[RowChange, ...] = ()
    unfit: tuple[RowChange, ...] = ()

    @cached_property
    def patch(self) -> Patch:
        return Patch(layer=self.base.layer, base_number=self.base.number, table=self.table, changes=self.changes)

    @cached_property
    def document(self) -> Document:
        """The table with the changes."""
        return apply_patch(self.base.tables, self.patch)[self.table]

    @cached_property
    def rows(self) -> dict[str, Cells]:
        """The table's rows with the changes, in their order."""
        return dict(rows_of(self.table, self.document))

    @cached_property
    def base_rows(self) -> dict[str, Cells]:
        return dict(rows_of(self.table, self.base.tables[self.table])) if self.table in self.base.tables else {}

    @cached_property
    def differences(self) -> list[RowDifference]:
        """What is otherwise, row by row; a row that only stands elsewhere is one that moved."""
        before = {self.table: self.base.tables[self.table]} if self.table in self.base.tables else {}
        return differences(before, {self.table: self.document})


def fitted(base: Release, table: str, changes: Sequence[RowChange]) -> RowDraft:
    """The draft on a base: changes that fit it one after another, and those that do not."""
    whole = RowDraft(base, table, tuple(changes))
    if _fits(whole):
        return _said(whole, list(whole.rows.items()), ())
    draft, unfit = RowDraft(base, table), []
    for change in changes:
        longer = RowDraft(base, table, (*draft.changes, change))
        if _fits(longer):
            draft = longer
        else:
            unfit.append(change)
    return _said(draft, list(draft.rows.items()), unfit)


def _fits(draft: RowDraft) -> bool:
    try:
        apply_patch(draft.base.tables, draft.patch)
    except PatchConflict:
        return False
    return True


def put(draft: RowDraft, row_id: str, cells: Cells, place: int | None = None) -> RowDraft:
    """The row as it shall be, at a place among the rows (0: first); without one it stays where it is, or goes last."""
    rows = [(name, held) for name, held in draft.rows.items() if name != row_id]
    if place is None:
        place = list(draft.rows).index(row_id) if row_id in draft.rows else len(rows)
    rows.insert(min(max(place, 0), len(rows)), (row_id, cells))
    return _said(draft, rows, [c for c in draft.unfit if c.row_id != row_id])


def remove(draft: RowDraft, row_id: str) -> RowDraft:
    rows = [(name, held) for name, held in draft.rows.items() if name != row_id]
    return _said(draft, rows, [c for c in draft.unfit if c.row_id != row_id])


def take_back(draft: RowDraft, row_id: str) -> RowDraft:
    """The row as the base has it, and not at all where the base has none."""
    rows = [(name, held) for name, held in draft.rows.items() if name != row_id]
    if row_id in draft.base_rows:
        order, names = list(draft.base_rows), [name for name, _held in rows]
        before = [name for name in order[: order.index(row_id)] if name in names]
        rows.insert(names.index(before[-1]) + 1 if before else 0, (row_id, draft.base_rows[row_id]))
    return _said(draft, rows, [c for c in draft.unfit if c.row_id != row_id])


def _said(draft: RowDraft, rows: list[tuple[str, Cells]], unfit: Sequence[RowChange]) -> RowDraft:
    """The fewest changes that make these rows of the base's; raises ValidationError where they are too many."""
    patch = patch_between(draft.base, draft.table, document_of(draft.table, rows))
    return RowDraft(draft.base, draft.table, patch.changes if patch is not None else (), tuple(unfit))
