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
from portal.language import N_, _
from portal.names import Names

ABOUT = {
    "category_map": N_("What citizens write, and which category it is."),
    "jurisdiction": N_("Which authority must act, by category and area. The first row that fits decides."),
    "deadline": N_("How many working minutes there are for an answer, and for one extension."),
    "priority": N_("How urgent a category is; 4 and more is urgent."),
    "triage": N_("Which kinds a person must confirm before they go anywhere."),
    "escalation": N_(
        "Who is told, level by level, how long after a deadline has passed, and how long a directive gives."
        " Level 0: how long after its receipt a case that nobody holds must be placed."
    ),
    "loops": N_("The loops' own settings: the rules about changing rules."),
    "texts": N_("What citizens are told, by notice and language."),
}
TITLES = (
    N_("Category map"), N_("Jurisdiction"), N_("Deadline"), N_("Priority"), N_("Triage"), N_("Escalation"),
    N_("Loops"), N_("Background"), N_("Texts"),
)  # fmt: skip
"""What `table_title` makes of the tables' names."""
COLUMNS = (
    N_("after minutes"),
    N_("answer minutes"),
    N_("area"),
    N_("authority"),
    N_("category"),
    N_("confirm"),
    N_("directive"),
    N_("directive minutes"),
    N_("extension minutes"),
    N_("given"),
    N_("language"),
    N_("level"),
    N_("loop"),
    N_("notice"),
    N_("priority"),
    N_("rate"),
    N_("setting"),
    N_("text"),
    N_("to"),
    N_("value"),
)
"""What `column_title` makes of the columns' names."""


def table_title(name: str) -> str:
    return _(name.replace("_", " ").capitalize())


def about_table(name: str) -> str:
    """What a table decides; empty for one that nobody described."""
    return _(ABOUT[name]) if name in ABOUT else ""


def column_title(name: str) -> str:
    return _(name.replace("_", " "))


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
            return _(value.replace("_", " "))
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
            return _("any")
        if isinstance(test, OneOf):
            return _(" or ").join(self.value(column, v) for v in test.values)
        assert isinstance(test, Between)
        if test.high == float("inf"):
            text = _("more than {n}") if test.low_open else _("at least {n}")
            return text.format(n=number(test.low))
        if test.low == float("-inf"):
            text = _("less than {n}") if test.high_open else _("at most {n}")
            return text.format(n=number(test.high))
        return _("{low} to {high}").format(low=number(test.low), high=number(test.high))

    def sentence(self, table: str, cells: Mapping[str, str]) -> str:
        """A row as `If category is A and area is 06, then authority is B.`"""
        spec = TABLES.get(table)
        if spec is None:
            return ", ".join(f"{k} {v}" for k, v in cells.items())
        tests = [
            _is(c.name, said)
            for c in spec.inputs
            if (said := self.cell(table, c.name, cells.get(c.name, ""))) != _("any")
        ]
        outputs = _(" and ").join(_is(c.name, self.cell(table, c.name, cells.get(c.name, ""))) for c in spec.outputs)
        if not tests:
            return _("In every other case, then {outputs}.").format(outputs=outputs)
        return _("If {tests}, then {outputs}.").format(tests=_(" and ").join(tests), outputs=outputs)

    def because(self, because: Mapping[str, Any]) -> dict[str, str]:
        """A decision's row in words: what was asked, what it said, and of which release."""
        table = str(because["table"])
        asked = [f"{column_title(k)} {self.value(k, v)}" for k, v in because.get("inputs", {}).items()]
        said = [_is(k, self.value(k, v)) for k, v in because.get("outputs", {}).items()]
        return {
            "table": table,
            "title": table_title(table),
            "row_id": str(because["row_id"]),
            "layer": str(because["layer"]),
            "number": str(because["number"]),
            "asked": ", ".join(asked) or _("nothing"),
            "said": _(" and ").join(said),
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


def _is(column: str, said: str) -> str:
    return _("{column} is {value}").format(column=column_title(column), value=said)


def _rows(release: Release, table: str) -> dict[str, Cells]:
    return dict(rows_of(table, release.tables[table])) if table in release.tables else {}


def in_force_since(release: Release) -> str | None:
    """None for a layer's first release, which was in force from the beginning."""
    return None if release.effective_at == EPOCH else release.effective_at.isoformat()
