"""A table as one bitset a column: a decision is a few dictionary look-ups and one `and` a column."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from common.rulebook.cells import AnyValue, Between, OneOf, Test
from common.rulebook.jdm import Table
from common.rulebook.tables import Value


@dataclass(frozen=True, slots=True)
class Hit:
    row_id: str
    outputs: dict[str, Value]


def _rows_by_test(tests: list[Test]) -> dict[Test, int]:
    """Bitset of the rows that hold each test; many rows share one."""
    places: dict[Test, bytearray] = {}
    for i, test in enumerate(tests):
        bits = places.setdefault(test, bytearray(len(tests) // 8 + 1))
        bits[i // 8] |= 1 << i % 8
    return {test: int.from_bytes(bits, "little") for test, bits in places.items()}


class _TextColumn:
    """Bitset of the rows whose cell holds, by value; a value no cell names hits the rows that take any."""

    __slots__ = ("_by_value", "any")

    def __init__(self, tests: list[Test]) -> None:
        by_test = _rows_by_test(tests)
        self.any = by_test.get(AnyValue(), 0)
        self._by_value: dict[Value, int] = {}
        for test, rows in by_test.items():
            for value in test.values if isinstance(test, OneOf) else ():
                self._by_value[value] = self._by_value.get(value, self.any) | rows

    def rows(self, value: Value) -> int:
        return self._by_value.get(value, self.any)


class _NumberColumn:
    """Bitset by elementary interval: bounds, and the open gaps between them."""

    __slots__ = ("_at", "_between", "_bounds", "any")

    def __init__(self, tests: list[Test]) -> None:
        by_test = _rows_by_test(tests)
        self.any = by_test.get(AnyValue(), 0)
        bounds: set[float] = set()
        for test in by_test:
            if isinstance(test, OneOf):
                bounds.update(float(v) for v in test.values)
            elif isinstance(test, Between):
                bounds.update((test.low, test.high))
        finite = sorted(b for b in bounds if abs(b) != float("inf"))
        self._bounds = finite
        self._at = [_rows_holding(by_test, b) for b in finite]
        edges = [0.0]
        if finite:
            edges = [finite[0] - 1, *((a + b) / 2 for a, b in itertools.pairwise(finite)), finite[-1] + 1]
        self._between = [_rows_holding(by_test, e) for e in edges]

    def rows(self, value: Value) -> int:
        if isinstance(value, str):
            raise TypeError(f"{value!r} is not a number")
        left = bisect_left(self._bounds, value)
        if left != bisect_right(self._bounds, value):
            return self._at[left]
        return self._between[left]


def _rows_holding(by_test: dict[Test, int], value: float) -> int:
    found = 0
    for test, rows in by_test.items():
        if test.holds(value):
            found |= rows
    return found


class CompiledTable:
    """Decides by first hit."""

    __slots__ = ("_all", "_columns", "_rows", "table")

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows = [Hit(r.id, r.outputs) for r in table.rows]
        self._all = (1 << len(self._rows)) - 1
        self._columns = [
            (c.name, (_NumberColumn if c.type == "number" else _TextColumn)([r.tests[i] for r in table.rows]))
            for i, c in enumerate(table.spec.inputs)
        ]

    def holding(self, index: int, value: Value) -> int:
        """The bitset of the rows whose cell in a column, by its place, holds on a value."""
        return self._columns[index][1].rows(value)

    def taking_any(self, start: int) -> int:
        """The bitset of the rows whose cells take any value in each column from a place on."""
        found = self._all
        for _, column in self._columns[start:]:
            found &= column.any
        return found

    def decide(self, **inputs: Value) -> Hit | None:
        """The first row whose every cell holds; None when none does. Raises KeyError for a missing input."""
        rows = self._all
        for name, column in self._columns:
            rows &= column.rows(inputs[name])
            if not rows:
                return None
        return self._rows[(rows & -rows).bit_length() - 1]


def compile_table(table: Table) -> CompiledTable:
    return CompiledTable(table)
