"""All inputs of one or several tables, divided into parts on which each table's rows all hold or all do not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.rulebook.bitsets import CompiledTable
from common.rulebook.cells import Between, OneOf
from common.rulebook.jdm import Table
from common.rulebook.tables import Column, Value

UNSEEN = "\x00unseen"
"""Stands for every text that no row names."""


@dataclass(frozen=True, slots=True)
class Part:
    """Inputs of this part, and for each table the bitset of its rows that hold on all of the part."""

    inputs: tuple[Value, ...]
    rows: tuple[int, ...]


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


def parts(tables: Sequence[CompiledTable]) -> Iterator[Part]:
    """One part for each combination of rows that some input meets, in the order of the inputs.

    The tables have the same input columns. Once no row of any table holds, the columns that are left decide nothing and
    are not looked at; nor is a combination of rows from which the same columns are left to look at as before. So the
    work grows with the ways in which rows overlap, not with the product of all values.
    """
    columns = [_classes(i, tables) for i in range(len(tables[0].table.spec.inputs))]
    seen: set[tuple[int, tuple[int, ...]]] = set()

    def below(depth: int, inputs: tuple[Value, ...], rows: tuple[int, ...]) -> Iterator[Part]:
        if (depth, rows) in seen:
            return
        seen.add((depth, rows))
        if depth == len(columns) or not any(rows):
            yield Part((*inputs, *(column[0][0] for column in columns[depth:])), rows)
            return
        for value, holds in columns[depth]:
            yield from below(depth + 1, (*inputs, value), tuple(a & b for a, b in zip(rows, holds, strict=True)))

    yield from below(0, (), tuple((1 << len(t.table.rows)) - 1 for t in tables))


def _classes(index: int, tables: Sequence[CompiledTable]) -> list[tuple[Value, tuple[int, ...]]]:
    """The first value of each class that the cells of a column tell apart, and the rows whose cell holds on it."""
    found: dict[tuple[int, ...], Value] = {}
    column = tables[0].table.spec.inputs[index]
    for value in values_of(column, index, [t.table for t in tables]):
        found.setdefault(tuple(table.holding(index, value) for table in tables), value)
    return [(value, rows) for rows, value in found.items()]


def first_row(rows: int) -> int | None:
    """The place of the first row of a bitset: the one that decides. None of an empty one."""
    return (rows & -rows).bit_length() - 1 if rows else None
