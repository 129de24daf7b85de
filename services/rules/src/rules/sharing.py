"""Which changes touch the same rows or the same offices, so that they must not be tried at once. Pure."""

from __future__ import annotations

from common.contracts.patch import Patch
from common.rulebook.cells import parse_output
from common.rulebook.tables import TABLES

OFFICE = "authority"


def share_rows(one: Patch, other: Patch) -> bool:
    """Whether both change a row of one table of one layer: one of the same id, or one that asks for the same."""
    return (one.layer, one.table) == (other.layer, other.table) and bool(_rows(one) & _rows(other))


def in_each_others_way(one: Patch, other: Patch) -> bool:
    """Whether both change one row, or name one office, before or after."""
    return share_rows(one, other) or bool(offices(one) & offices(other))


def offices(patch: Patch) -> frozenset[str]:
    """The authorities that a patch gives work to or takes it from."""
    given = [cells[OFFICE] for c in patch.changes for cells in (c.before, c.after) if cells and OFFICE in cells]
    return frozenset(name for cell in given if (name := _name(cell)) is not None)


def _name(cell: str) -> str | None:
    try:
        return str(parse_output(cell, "text"))
    except ValueError:
        return None


def _rows(patch: Patch) -> frozenset[str | tuple[str, ...]]:
    """Ids of rows, and what each asks for, before or after."""
    sides = [cells for c in patch.changes for cells in (c.before, c.after) if cells is not None]
    inputs = [column.name for column in TABLES[patch.table].inputs] if patch.table in TABLES else []
    asked = [tuple(cells.get(name, "").strip() for name in inputs) for cells in sides if inputs]
    return frozenset([*(change.row_id for change in patch.changes), *asked])
