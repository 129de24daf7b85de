"""What a machine can say about a table before anybody decides on it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

from common.rulebook.cells import AnyValue
from common.rulebook.errors import RulebookError
from common.rulebook.jdm import Document, Table, parse_table
from common.rulebook.no_looser import UNSEEN, values_of
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


def check_table(name: str, document: Document, layer: str) -> list[Finding]:
    """Errors (types, rows that can never be reached) and warnings (gaps in a national table)."""
    try:
        table = parse_table(name, document)
    except RulebookError as error:
        return [Finding("error", name, None, str(error))]
    findings = [Finding("error", name, row_id, words) for row_id, words in _beyond(table)]
    reached: set[str] = set()
    gap: dict[str, object] | None = None
    names = [c.name for c in table.spec.inputs]
    domains = [values_of(c, i, [table]) for i, c in enumerate(table.spec.inputs)]
    for values in itertools.product(*domains):
        hit = next((r for r in table.rows if all(t.holds(v) for t, v in zip(r.tests, values, strict=True))), None)
        if hit is not None:
            reached.add(hit.id)
        elif gap is None:
            gap = dict(zip(names, ("any other" if v == UNSEEN else v for v in values), strict=True))
    for row in table.rows:
        if row.id not in reached:
            words = "no input reaches this row: rows above it take all of it"
            findings.append(Finding("error", name, row.id, words))
        elif all(isinstance(t, AnyValue) for t in row.tests) and row is not table.rows[-1]:
            findings.append(Finding("warning", name, row.id, "this row takes everything; rows below it are dead"))
    if layer == NATIONAL and gap is not None:
        findings.append(Finding("warning", name, None, f"no row answers for {gap}"))
    return findings
