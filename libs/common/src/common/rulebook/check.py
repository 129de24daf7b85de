"""What a machine can say about a table before anybody decides on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from common.rulebook.bitsets import compile_table
from common.rulebook.cells import AnyValue, Between
from common.rulebook.errors import RulebookError
from common.rulebook.input_space import UNSEEN, parts
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.overlaps import overlaps
from common.rulebook.release import NATIONAL
from common.rulebook.tables import Value

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    table: str
    row_id: str | None
    words: str


def _beyond(table: Table) -> list[tuple[str, str]]:
    """Rows whose numbers lie outside what their column allows, with words."""
    found = []
    for column in table.spec.outputs:
        for row in table.rows:
            value = row.outputs[column.name]
            if column.type == "number" and not column.low <= float(value) <= column.high:
                found.append((row.id, f"{column.name} is {value}; it must lie from {column.low:g} to {column.high:g}"))
    return found


def _endless(table: Table) -> list[tuple[str, str]]:
    """Rows that take every number above some bound in a column that must end, with words."""
    found = []
    for index, column in enumerate(table.spec.inputs):
        for row in table.rows if column.ends else ():
            test = row.tests[index]
            if isinstance(test, AnyValue) or (isinstance(test, Between) and test.high == math.inf):
                found.append((row.id, f"{column.name} has no end in this row: say which, or up to which"))
    return found


def _not_among(table: Table) -> list[tuple[str, str]]:
    """Rows whose texts are none of those that their column allows, with words."""
    return [
        (row.id, f"{column.name} is {row.outputs[column.name]}; it must be one of {', '.join(column.among)}")
        for column in table.spec.outputs
        for row in table.rows
        if column.among and row.outputs[column.name] not in column.among
    ]


def _asked(table: Table, inputs: Sequence[Value]) -> str:
    """Inputs as a reader is told them: by column."""
    named = zip((c.name for c in table.spec.inputs), inputs, strict=True)
    return ", ".join(f"{column} {_said(value)}" for column, value in named)


def _said(value: Value) -> str:
    if value == UNSEEN:
        return "any other"
    return f"{value:g}" if isinstance(value, float) else str(value)


def check_table(name: str, document: Document, layer: str) -> list[Finding]:
    """Errors, for which the table is refused, and warnings, which people are told before they decide.

    Errors: cells that cannot be read, values that are not allowed, rows that no input reaches, inputs without an answer
    where the nation's table must have one, rows that answer the same input otherwise where the table's rows stand
    beside each other. Warnings: the last two where they may be meant.
    """
    try:
        table = parse_table(name, document)
    except RulebookError as error:
        return [Finding("error", name, None, str(error))]
    wrong = [*_beyond(table), *_endless(table), *_not_among(table)]
    findings = [Finding("error", name, row_id, words) for row_id, words in wrong]
    reached: set[str] = set()
    gap: str | None = None
    for part in parts([compile_table(table)]):
        (hit,) = part.rows
        if hit is not None:
            reached.add(table.rows[hit].id)
        elif gap is None:
            gap = _asked(table, part.inputs)
    for row in table.rows:
        if row.id not in reached:
            words = "no input reaches this row: rows above it take all of it"
            findings.append(Finding("error", name, row.id, words))
        elif all(isinstance(t, AnyValue) for t in row.tests) and row is not table.rows[-1]:
            findings.append(Finding("warning", name, row.id, "this row takes everything; rows below it are dead"))
    for found in overlaps(table):
        words = f"for {_asked(table, found.inputs)} row {found.above} above it answers otherwise, and decides"
        findings.append(Finding("error" if table.spec.exclusive else "warning", name, found.below, words))
    if layer == NATIONAL and gap is not None:
        severity: Severity = "error" if table.spec.complete else "warning"
        findings.append(Finding(severity, name, None, f"no row answers for {gap}"))
    return findings
