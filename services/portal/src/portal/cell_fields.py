"""How each cell of a row is filled in on a form, and the cell that a filled form says. Pure.

A choice of several is one box a value, `cell.<column>.<value>`; every other cell is one field, `cell.<column>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from common.contracts.patch import Cells
from common.federation.country import Federation
from common.rulebook.cells import OneOf, parse_output, parse_test
from common.rulebook.release import NATIONAL
from common.rulebook.tables import TABLES, Column, OutputColumn

from portal.formats import number
from portal.forms import FormRefused
from portal.language import _
from portal.titles import VALUES, column_title, table_title, value_title

Kind = Literal["several", "one", "lines", "test", "words", "number", "yes_no"]
PREFIX = "cell"
ENDLESS = 1e9
"""A column that names no bound has this one."""


@dataclass(frozen=True, slots=True)
class CellField:
    """One cell on a form.

    `several` and `one` are choices among `options`, where none of `several` means any; `lines` are texts, one a line,
    where none means any; `test` is a condition on a number.
    """

    column: str
    title: str
    kind: Kind
    options: Sequence[tuple[str, str]] = ()
    chosen: frozenset[str] = frozenset()
    text: str = ""
    hint: str = ""

    @property
    def name(self) -> str:
        return f"{PREFIX}.{self.column}"


class CellForm:
    """The fields of one table's rows in one layer of a federation."""

    def __init__(self, federation: Federation, layer: str, table: str) -> None:
        self._federation, self._layer, self.table = federation, layer, table
        self.spec = TABLES[table]

    def fields(self, cells: Cells) -> list[CellField]:
        """Filled in with a row."""
        given = [self._of_test(c, cells.get(c.name, "")) for c in self.spec.inputs]
        return [*given, *(self._of_output(c, cells.get(c.name, "")) for c in self.spec.outputs)]

    def entered(self, cells: Cells, posted: Mapping[str, str]) -> list[CellField]:
        """Filled in as somebody has done it, instead of with the row."""
        found = []
        for field in self.fields(cells):
            if field.kind == "several":
                ticked = frozenset(v for v, _title in field.options if f"{field.name}.{v}" in posted)
                found.append(replace(field, chosen=ticked))
            elif field.kind in ("one", "yes_no"):
                found.append(replace(field, chosen=frozenset({posted.get(field.name, "")})))
            else:
                found.append(replace(field, text=posted.get(field.name, "")))
        return found

    def read(self, cells: Cells, posted: Mapping[str, str]) -> Cells:
        """The row that a filled form says; `cells` are the row before, whose spelling stays where the meaning does.

        Raises FormRefused.
        """
        fields = {f.column: f for f in self.entered(cells, posted)}
        before = {f.column: f for f in self.fields(cells)}
        found: Cells = {}
        columns: tuple[Column | OutputColumn, ...] = (*self.spec.inputs, *self.spec.outputs)
        for column in columns:
            field = fields[column.name]
            same = before[column.name].chosen == field.chosen and _lines(before[column.name].text) == _lines(field.text)
            if same and cells.get(column.name):
                found[column.name] = cells[column.name]
            elif isinstance(column, OutputColumn):
                found[column.name] = _output(field, column)
            else:
                found[column.name] = _test(field, column)
        return found

    def _of_test(self, column: Column, cell: str) -> CellField:
        title = column_title(self.table, column.name)
        if column.type != "text":
            hint = _("5; or 1, 2 for either; or >= 3 for 3 and more; or [1..5] for 1 to 5; empty for any.")
            return CellField(column.name, title, "test", text=cell, hint=hint)
        held = _texts(cell)
        options = self._options(column.name)
        if not options:
            hint = _("One a line; empty for any.")
            return CellField(column.name, title, "lines", text="\n".join(held), hint=hint)
        known = {value for value, _title in options}
        options = [*options, *((value, value) for value in held if value not in known)]
        hint = _("Those that are ticked; none for any.")
        return CellField(column.name, title, "several", options, frozenset(held), hint=hint)

    def _of_output(self, column: OutputColumn, cell: str) -> CellField:
        title = column_title(self.table, column.name)
        if column.type == "boolean":
            options = [("true", _("yes")), ("false", _("no"))]
            return CellField(column.name, title, "yes_no", options, frozenset({cell.strip() or "false"}))
        if column.type == "number":
            return CellField(column.name, title, "number", text=cell, hint=_number_hint(column))
        held = _text(cell)
        options = [
            (value, value_title(self.table, column.name, value) or value) for value in column.among
        ] or self._options(column.name)
        if not options:
            return CellField(column.name, title, "words", text=held)
        if held and held not in {value for value, _title in options}:
            options = [*options, (held, held)]
        return CellField(column.name, title, "one", options, frozenset({held}))

    def _options(self, column: str) -> list[tuple[str, str]]:
        """What may stand in a column, each with its title; empty where anything may."""
        federation = self._federation
        if column == "category":
            return sorted(((c.code, c.title) for c in federation.categories), key=lambda pair: pair[1])
        if column == "area":
            return [
                (area, f"{area} ({region.title})" if self._layer == NATIONAL else area)
                for region in federation.regions
                if self._layer in (NATIONAL, region.id)
                for area in region.areas
            ]
        if column == "authority":
            return sorted(((a.id, a.title) for a in federation.authorities), key=lambda pair: pair[1])
        if column == "channel":
            return [(c.id, c.title) for c in federation.channels]
        if column == "language":
            return [(tag, value_title(self.table, column, tag) or tag) for tag in federation.languages]
        if column == "table":
            return [(name, table_title(name)) for name in TABLES]
        known = VALUES.get((self.table, column), {})
        return [(value, _(title)) for value, title in known.items()]


def _test(field: CellField, column: Column) -> str:
    if field.kind == "several":
        return ",".join(json.dumps(v, ensure_ascii=False) for v, _title in field.options if v in field.chosen)
    if field.kind == "lines":
        return ",".join(json.dumps(line, ensure_ascii=False) for line in dict.fromkeys(_lines(field.text)))
    try:
        parse_test(field.text, column.type)
    except ValueError as error:
        words = _("{column}: this is no condition on a number. {hint}")
        raise FormRefused(words.format(column=field.title, hint=field.hint), field.name) from error
    return field.text


def _output(field: CellField, column: OutputColumn) -> str:
    if field.kind in ("one", "yes_no"):
        (value,) = field.chosen
        if value not in {known for known, _title in field.options}:
            raise FormRefused(_("{column}: choose one.").format(column=field.title), field.name)
        return value if field.kind == "yes_no" else json.dumps(value, ensure_ascii=False)
    if not field.text:
        raise FormRefused(_("{column}: this cannot be empty.").format(column=field.title), field.name)
    if field.kind == "words":
        return json.dumps(field.text, ensure_ascii=False)
    text = field.text.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        size = float(parse_output(text, "number"))
    except ValueError as error:
        words = _("{column}: write a number. {hint}")
        raise FormRefused(words.format(column=field.title, hint=field.hint), field.name) from error
    if not column.low <= size <= column.high:
        words = _("{column}: the number lies outside of what is allowed. {hint}")
        raise FormRefused(words.format(column=field.title, hint=field.hint), field.name)
    return text


def _number_hint(column: OutputColumn) -> str:
    said = [_("In working minutes.")] if column.name.endswith("minutes") else []
    if column.high < ENDLESS:
        said.append(_("From {low} to {high}."))
    elif column.low > -ENDLESS:
        said.append(_("At least {low}."))
    return " ".join(said).format(low=number(column.low), high=number(column.high))


def _texts(cell: str) -> list[str]:
    """The values of a cell that lists texts; empty for any, and for one that nobody can read."""
    try:
        test = parse_test(cell, "text")
    except ValueError:
        return []
    return [str(value) for value in test.values] if isinstance(test, OneOf) else []


def _text(cell: str) -> str:
    try:
        return str(parse_output(cell, "text")) if cell else ""
    except ValueError:
        return cell


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
