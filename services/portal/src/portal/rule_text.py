"""Rows of decision tables as sentences, and what differs between two releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.contracts.patch import Cells
from common.federation.country import EPOCH
from common.rulebook.cells import AnyValue, Between, OneOf, parse_output, parse_test
from common.rulebook.jdm import rows_of
from common.rulebook.release import Release
from common.rulebook.tables import TABLES, Type, Value

from portal.formats import number, working
from portal.names import Names

ABOUT = {
    "category_map": "What citizens write, and which category it is.",
    "jurisdiction": "Which authority must act, by category and area. The first row that fits decides.",
    "deadline": "How many working minutes there are for an answer, and for one extension.",
    "priority": "How urgent a category is; 4 and more is urgent.",
    "triage": "Which kinds a person must confirm before they go anywhere.",
    "escalation": "Who is told, level by level, how long after a deadline has passed, and how long a directive gives."
    " Level 0: how long after its receipt a case that nobody holds must be placed.",
    "loops": "The loops' own settings: the rules about changing rules.",
    "texts": "What citizens are told, by notice and language.",
}
TITLES = {"category_map": "Category map"}


def table_title(name: str) -> str:
    return TITLES.get(name, name.replace("_", " ").capitalize())


def column_title(name: str) -> str:
    return name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class RowChanged:
    table: str
    row_id: str
    before: str | None
    after: str | None


class RuleWords:
    """Reads cells and rows with a federation's names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def value(self, column: str, value: Value) -> str:
        """One value of a column."""
        if column.endswith("minutes") and isinstance(value, int | float) and not isinstance(value, bool):
            return working(value)
        if column == "category" and isinstance(value, str):
            return self._names.category(value)
        if column == "authority" and isinstance(value, str):
            return self._names.authority(value)
        if column == "to" and isinstance(value, str):
            return value.replace("_", " ")
        return number(value)

    def cell(self, table: str, column: str, text: str) -> str:
        """A cell in words; a cell nobody can read as it stands."""
        spec = TABLES[table]
        try:
            for given in spec.inputs:
                if given.name == column:
                    return self._test(column, text, given.type)
            for out in spec.outputs:
                if out.name == column:
                    return self.value(column, parse_output(text, out.type))
        except ValueError:
            return text
        return text

    def _test(self, column: str, text: str, kind: Type) -> str:
        test = parse_test(text, kind)
        if isinstance(test, AnyValue):
            return "any"
        if isinstance(test, OneOf):
            return " or ".join(self.value(column, v) for v in test.values)
        assert isinstance(test, Between)
        if test.high == float("inf"):
            return f"{'more than' if test.low_open else 'at least'} {number(test.low)}"
        if test.low == float("-inf"):
            return f"{'less than' if test.high_open else 'at most'} {number(test.high)}"
        return f"{number(test.low)} to {number(test.high)}"

    def sentence(self, table: str, cells: Mapping[str, str]) -> str:
        """A row as `If category is A and area is 06, then authority is B.`"""
        spec = TABLES.get(table)
        if spec is None:
            return ", ".join(f"{k} {v}" for k, v in cells.items())
        tests = [
            f"{column_title(c.name)} is {said}"
            for c in spec.inputs
            if (said := self.cell(table, c.name, cells.get(c.name, ""))) != "any"
        ]
        outputs = [f"{column_title(c.name)} is {self.cell(table, c.name, cells.get(c.name, ''))}" for c in spec.outputs]
        condition = "If " + " and ".join(tests) if tests else "In every other case"
        return f"{condition}, then {' and '.join(outputs)}."

    def because(self, because: Mapping[str, Any]) -> dict[str, str]:
        """A decision's row in words: what was asked, what it said, and of which release."""
        table = str(because["table"])
        asked = [f"{column_title(k)} {self.value(k, v)}" for k, v in because.get("inputs", {}).items()]
        said = [f"{column_title(k)} is {self.value(k, v)}" for k, v in because.get("outputs", {}).items()]
        return {
            "table": table,
            "title": table_title(table),
            "row_id": str(because["row_id"]),
            "layer": str(because["layer"]),
            "number": str(because["number"]),
            "asked": ", ".join(asked) or "nothing",
            "said": " and ".join(said),
        }

    def differences(self, before: Release, after: Release) -> list[RowChanged]:
        """Rows that were added, removed or changed between two releases of a layer, in words."""
        found = []
        for table in sorted((before.tables.keys() | after.tables.keys()) & TABLES.keys()):
            old, new = _rows(before, table), _rows(after, table)
            for row_id in [*old, *(r for r in new if r not in old)]:
                was, now = old.get(row_id), new.get(row_id)
                if was != now:
                    found.append(RowChanged(table, row_id, self._said(table, was), self._said(table, now)))
        return found

    def _said(self, table: str, cells: Cells | None) -> str | None:
        return None if cells is None else self.sentence(table, cells)


def _rows(release: Release, table: str) -> dict[str, Cells]:
    return dict(rows_of(table, release.tables[table])) if table in release.tables else {}


def in_force_since(release: Release) -> str | None:
    """None for a layer's first release, which was in force from the beginning."""
    return None if release.effective_at == EPOCH else release.effective_at.isoformat()
