"""What a machine can say about a table before anybody decides on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from common.rulebook.bitsets import compile_table
from common.rulebook.cells import AnyValue, Between
from common.rulebook.errors import RulebookError
from common.rulebook.input_space import UNSEEN, first_row, parts
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.release import NATIONAL


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Literal["error", "warning"]
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


def check_table(name: str, document: Document, layer: str) -> list[Finding]:
    """Errors (types, rows that can never be reached) and warnings (gaps in a national table)."""
    try:
        table = parse_table(name, document)
    except RulebookError as error:
        return [Finding("error", name, None, str(error))]
    findings = [Finding("error", name, row_id, words) for row_id, words in _beyond(table)]
    findings += [Finding("error", name, row_id, words) for row_id, words in _endless(table)]
    reached: set[str] = set()
    gap: dict[str, object] | None = None
    names = [c.name for c in table.spec.inputs]
    for part in parts([compile_table(table)]):
        hit = first_row(part.rows[0])
        if hit is not None:
            reached.add(table.rows[hit].id)
        elif gap is None:
            gap = dict(zip(names, ("any other" if v == UNSEEN else v for v in part.inputs), strict=True))
    for row in table.rows:
        if row.id not in reached:
            words = "no input reaches this row: rows above it take all of it"
            findings.append(Finding("error", name, row.id, words))
        elif all(isinstance(t, AnyValue) for t in row.tests) and row is not table.rows[-1]:
            findings.append(Finding("warning", name, row.id, "this row takes everything; rows below it are dead"))
    if layer == NATIONAL and gap is not None:
        asked = ", ".join(f"{column} {value}" for column, value in gap.items())
        findings.append(Finding("warning", name, None, f"no row answers for {asked}"))
    return findings
