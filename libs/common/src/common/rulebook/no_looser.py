"""A region may be stricter than the nation, never looser: the rows of an overlay that try to be."""

from __future__ import annotations

from dataclasses import dataclass

from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import UNSEEN, first_row, parts
from common.rulebook.jdm import Document, parse_table
from common.rulebook.layers import merge
from common.rulebook.tables import Value


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
    found: dict[tuple[str, str, str], Loosening] = {}
    for name, document in overlay.items():
        if name not in national:
            continue
        low, high = parse_table(name, national[name]), parse_table(name, document)
        bound = [c for c in low.spec.outputs if c.merge != "own" or c.fixed]
        if not bound:
            continue
        names = [c.name for c in low.spec.inputs]
        for part in parts([compile_table(low), compile_table(high)]):
            theirs, ours = map(first_row, part.rows)
            if theirs is None or ours is None:
                continue
            row = high.rows[ours]
            for column in bound:
                a, b = low.rows[theirs].outputs[column.name], row.outputs[column.name]
                if merge(column, a, b) != b:
                    inputs = dict(zip(names, part.inputs, strict=True))
                    key = (name, row.id, column.name)
                    found.setdefault(key, Loosening(name, row.id, column.name, inputs, a, b))
    return list(found.values())
