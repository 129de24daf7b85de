"""Rows of a table that answer the same inputs otherwise, where neither is an exception to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.rulebook.bitsets import compile_table
from common.rulebook.cells import Test
from common.rulebook.input_space import values_of
from common.rulebook.jdm import Table, TableRow
from common.rulebook.tables import Value


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows, the upper one decides; `inputs` is one of those that both take."""

    above: str
    below: str
    inputs: tuple[Value, ...]


def overlaps(table: Table) -> Iterator[Overlap]:
    """For each row the first above it that takes a part of its inputs, and others besides, and answers otherwise.

    A row all of whose inputs another takes is an exception to it, or is never reached.
    """
    columns = [_Column(table, index) for index in range(len(table.spec.inputs))]
    for place, row in enumerate(table.rows):
        meeting = (1 << place) - 1
        for column, test in zip(columns, row.tests, strict=True):
            meeting &= column.meeting[test]
        while meeting:
            above = table.rows[(meeting & -meeting).bit_length() - 1]
            meeting &= meeting - 1
            if above.outputs != row.outputs and not (_within(columns, above, row) or _within(columns, row, above)):
                both = tuple(c.shared(a, b) for c, a, b in zip(columns, above.tests, row.tests, strict=True))
                yield Overlap(above.id, row.id, both)
                break


def _within(columns: list[_Column], inner: TableRow, outer: TableRow) -> bool:
    """Whether one row takes every input of another."""
    return not any(c.held[a] & ~c.held[b] for c, a, b in zip(columns, inner.tests, outer.tests, strict=True))


class _Column:
    """The tests of an input column: which of its values each holds on (a bitset), and the rows that it meets."""

    def __init__(self, table: Table, index: int) -> None:
        self._values = values_of(table.spec.inputs[index], index, [table])
        compiled = compile_table(table)
        rows = [compiled.holding(index, value) for value in self._values]
        self.held: dict[Test, int] = {}
        self.meeting: dict[Test, int] = {}
        for test in {row.tests[index] for row in table.rows}:
            places = [place for place, value in enumerate(self._values) if test.holds(value)]
            self.held[test] = sum(1 << place for place in places)
            self.meeting[test] = 0
            for place in places:
                self.meeting[test] |= rows[place]

    def shared(self, one: Test, other: Test) -> Value:
        """A value that two tests hold on, which meet."""
        both = self.held[one] & self.held[other]
        return self._values[(both & -both).bit_length() - 1]
