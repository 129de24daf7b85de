"""All inputs of one or several tables, divided into parts on which each table's rows all hold or all do not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import and_

from common.rulebook.bitsets import CompiledTable
from common.rulebook.cells import Between, OneOf
from common.rulebook.jdm import Table
from common.rulebook.tables import Column, Value

UNSEEN = "\x00unseen"
"""Stands for every text that no row names."""


Rows = tuple[int, ...]
"""For each table the bitset of the rows that may still decide: up to the first that is sure to hold."""


@dataclass(frozen=True, slots=True)
class Part:
    """The first inputs of this part, and for each table the place of the row that decides on all of it."""

    inputs: tuple[Value, ...]
    rows: tuple[int | None, ...]


def values_of(column: Column, index: int, tables: Sequence[Table]) -> list[Value]:
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


def parts(tables: Sequence[CompiledTable], matters: Callable[[Rows], bool] = lambda rows: True) -> Iterator[Part]:
    """One part for each combination of deciding rows that some input meets, in the order of the inputs.

    The tables have the same input columns. Columns are looked at one by one. Rows below one that is sure to hold decide
    nothing more and are dropped; where each table has its row, the columns that are left are not looked at; nor is a
    combination of rows from which the same columns are left to look at as before, nor one of which `matters` says that
    none of its rows are sought. So the work grows with the ways in which deciding rows meet, not with the product of
    all values.
    """
    spec = tables[0].table.spec
    columns = [_classes(i, tables) for i in range(len(spec.inputs))]
    sure = [tuple(table.taking_any(depth) for table in tables) for depth in range(len(columns) + 1)]
    seen: set[tuple[int, Rows]] = set()

    def below(depth: int, inputs: tuple[Value, ...], rows: Rows) -> Iterator[Part]:
        rows = tuple(map(_up_to_first, rows, sure[depth]))
        if (depth, rows) in seen or not matters(rows):
            return
        seen.add((depth, rows))
        if not any(held & -held & ~certain for held, certain in zip(rows, sure[depth], strict=True)):
            yield Part((*inputs, *(column[0][0] for column in columns[depth:])), tuple(map(_first, rows)))
            return
        for value, holds in columns[depth]:
            yield from below(depth + 1, (*inputs, value), tuple(map(and_, rows, holds)))

    yield from below(0, (), tuple((1 << len(t.table.rows)) - 1 for t in tables))


def _up_to_first(rows: int, certain: int) -> int:
    """The rows without those below the first that is certain."""
    found = rows & certain
    return rows & ((found & -found) * 2 - 1) if found else rows


def _classes(index: int, tables: Sequence[CompiledTable]) -> list[tuple[Value, tuple[int, ...]]]:
    """The first value of each class that the cells of a column tell apart, and the rows whose cell holds on it."""
    found: dict[tuple[int, ...], Value] = {}
    column = tables[0].table.spec.inputs[index]
    for value in values_of(column, index, [t.table for t in tables]):
        found.setdefault(tuple(table.holding(index, value) for table in tables), value)
    return [(value, rows) for rows, value in found.items()]


def _first(rows: int) -> int | None:
    """The place of the first row of a bitset; None of an empty one."""
    return (rows & -rows).bit_length() - 1 if rows else None
