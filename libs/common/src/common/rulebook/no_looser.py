"""A region may be stricter than the nation, never looser: the rows of an overlay that try to be."""

from __future__ import annotations

from dataclasses import dataclass

from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import UNSEEN, Rows, parts
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.layers import merge
from common.rulebook.tables import OutputColumn, Value


@dataclass(frozen=True, slots=True)
class Loosening:
    table: str
    row_id: str
    column: str
    inputs: dict[str, Value]
    national: Value
    overlay: Value

    def in_words(self) -> str:
        asked = ", ".join(f"{k} {'any other' if v == UNSEEN else v}" for k, v in self.inputs.items())
        return (
            f"table {self.table}, row {self.row_id}: for {asked} it sets {self.column} to {self.overlay},"
            f" looser than the national {self.national}"
        )


def loosened_rows(national: dict[str, Document], overlay: dict[str, Document]) -> list[Loosening]:
    """Every row of the overlay that answers looser than the nation, once a row and column."""
    found: list[Loosening] = []
    for name, document in overlay.items():
        if name in national:
            found += loosened_in(parse_table(name, national[name]), parse_table(name, document))
    return found


def loosened_in(low: Table, high: Table) -> list[Loosening]:
    """The same of one table in the nation's form and the overlay's; both have the same columns."""
    bound = [_Bound(c, low, high) for c in low.spec.outputs if c.merge != "own" or c.fixed]
    names = [c.name for c in low.spec.inputs]
    found: list[Loosening] = []

    def sought(rows: Rows) -> bool:
        return any(column.sought(*rows) for column in bound)

    for part in parts([compile_table(low), compile_table(high)], sought):
        theirs, ours = part.rows
        if theirs is None or ours is None:
            continue
        row = high.rows[ours]
        for column in bound:
            if column.sought(1 << theirs, 1 << ours):
                a, b = (r.outputs[column.name] for r in (low.rows[theirs], row))
                found.append(
                    Loosening(low.spec.name, row.id, column.name, dict(zip(names, part.inputs, strict=True)), a, b)
                )
                column.found |= 1 << ours
    return found


class _Bound:
    """An output that an overlay may not loosen: which of its rows would, beside which of the nation's."""

    def __init__(self, column: OutputColumn, low: Table, high: Table) -> None:
        self.name = column.name
        self.found = 0
        """Bitset of the overlay's rows that are known to loosen it."""
        theirs, ours = (_rows_by_value(table, column.name) for table in (low, high))
        self._looser = [
            (rows, sum(held for a, held in theirs.items() if merge(column, a, b) != b)) for b, rows in ours.items()
        ]

    def sought(self, theirs: int, ours: int) -> bool:
        """Whether a row of the overlay that is not found yet would loosen a row of the nation, of these."""
        left = ours & ~self.found
        return any(left & rows and theirs & held for rows, held in self._looser)


def _rows_by_value(table: Table, column: str) -> dict[Value, int]:
    found: dict[Value, int] = {}
    for place, row in enumerate(table.rows):
        value = row.outputs[column]
        found[value] = found.get(value, 0) | 1 << place
    return found
