"""A region may be stricter than the nation, never looser: the rows of an overlay that try to be."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from common.rulebook.bitsets import compile_table
from common.rulebook.cells import Between, OneOf
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.layers import merge
from common.rulebook.tables import Column, Value

UNSEEN = "\x00unseen"
"""Stands for every text that no row names."""


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


def values_of(column: Column, index: int, tables: list[Table]) -> list[Value]:
    """Enough values of a column to meet every combination of its cells: each named one, each side of each bound."""
    texts: set[str] = set()
    numbers: set[float] = set()
    for table in tables:
        for row in table.rows:
            test = row.tests[index]
            if isinstance(test, OneOf):
                texts.update(v for v in test.values if isinstance(v, str))
                numbers.update(float(v) for v in test.values if not isinstance(v, str))
            elif isinstance(test, Between):
                numbers.update(b for b in (test.low, test.high) if abs(b) != float("inf"))
    if column.type == "text":
        return [*sorted(texts), UNSEEN]
    if column.type == "boolean":
        return [False, True]
    bounds = sorted(numbers) or [0.0]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(bounds)]
    return [*sorted({*bounds, *middles, bounds[0] - 1, bounds[-1] + 1})]


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
        nation, region = compile_table(low), compile_table(high)
        domains = [values_of(c, i, [low, high]) for i, c in enumerate(low.spec.inputs)]
        names = [c.name for c in low.spec.inputs]
        for combination in itertools.product(*domains):
            inputs = dict(zip(names, combination, strict=True))
            ours, theirs = region.decide(**inputs), nation.decide(**inputs)
            if ours is None or theirs is None:
                continue
            for column in bound:
                a, b = theirs.outputs[column.name], ours.outputs[column.name]
                if merge(column, a, b) != b:
                    key = (name, ours.row_id, column.name)
                    found.setdefault(key, Loosening(name, ours.row_id, column.name, inputs, a, b))
    return list(found.values())
