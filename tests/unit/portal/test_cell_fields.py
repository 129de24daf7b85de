"""A row on a form: choices, texts and numbers, and the cells that a filled form says."""

from __future__ import annotations

from typing import Any

import pytest
from common.contracts.patch import Cells
from common.federation.country import load_federation
from common.rulebook.jdm import document_of, parse_table
from portal.cell_fields import CellForm
from portal.forms import FormRefused

from tests.conftest import ROOT

FEDERATION = load_federation(ROOT / "tests/federation")
POTHOLE: Cells = {"category": '"pothole"', "area": '"01"', "authority": '"yard-01"'}


def form(table: str = "jurisdiction", layer: str = "north") -> CellForm:
    return CellForm(FEDERATION, layer, table)


def posted(fields: CellForm, cells: Cells) -> dict[str, str]:
    """What a browser sends of a form as it is shown."""
    found: dict[str, str] = {}
    for field in fields.fields(cells):
        if field.kind == "several":
            found |= {f"{field.name}.{value}": "on" for value in field.chosen}
        elif field.kind in ("one", "yes_no"):
            found |= dict.fromkeys([field.name], next(iter(field.chosen), ""))
        else:
            found[field.name] = field.text
    return found


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        ("jurisdiction", POTHOLE),
        ("jurisdiction", {**POTHOLE, "category": ' "street-light" , "pothole"', "area": ""}),
        ("deadline", {"category": "", "priority": "[2..5]", "answer_minutes": "480", "extension_minutes": "0"}),
        ("escalation", {"level": "1", "priority": "> 3", "after_minutes": "60", "to": '"federal"',
                        "directive": "true", "directive_minutes": "60"}),
        ("texts", {"notice": '"answered"', "language": '"en"', "text": '"So \\"it\\" is\\nдве строки"'}),
        ("category_map", {"given": '"Pothole","Road, hole"', "category": '"pothole"'}),
        ("trial", {"table": '"deadline"', "rows": "1", "cases_a_day": "<= 2", "unit": '"case"', "steps": '"5 20"',
                   "least_outcomes": "30", "longest_days": "30", "holdout_percent": "5", "holdout_days": "30",
                   "cases_beside": "10"}),
    ],
)  # fmt: skip
def test_a_form_sent_as_it_was_shown_says_the_same_row(table: str, cells: Cells) -> None:
    assert form(table).read(cells, posted(form(table), cells)) == cells


def test_ticked_values_become_a_list_and_none_becomes_any() -> None:
    fields = posted(form(), POTHOLE)
    both = form().read(POTHOLE, fields | {"cell.area.02": "on"})
    assert both == {**POTHOLE, "area": '"01","02"'}
    del fields["cell.area.01"]
    assert form().read(POTHOLE, fields)["area"] == ""


def test_a_new_row_can_be_read_by_the_rulebook() -> None:
    fields = {"cell.given": 'Hole\r\n Road, "deep" \r\n\r\nHole', "cell.category": "pothole"}
    cells = form("category_map").read({}, fields)
    assert cells == {"given": '"Hole","Road, \\"deep\\""', "category": '"pothole"'}
    parse_table("category_map", document_of("category_map", [("x", cells)]))


def test_a_region_chooses_among_its_own_areas() -> None:
    (area,) = (f for f in form().fields({}) if f.column == "area")
    assert [value for value, _title in area.options] == ["01", "02"]
    (area,) = (f for f in form(layer="national").fields({}) if f.column == "area")
    assert [value for value, _title in area.options] == ["01", "02", "03"]


DEADLINE: Cells = {"category": "", "priority": "", "answer_minutes": "480", "extension_minutes": "0"}


@pytest.mark.parametrize(
    ("table", "cells", "wrong"),
    [
        ("jurisdiction", POTHOLE, {"cell.authority": "nobody"}),
        ("jurisdiction", {}, {"cell.authority": ""}),
        ("deadline", DEADLINE, {"cell.answer_minutes": "soon"}),
        ("deadline", DEADLINE, {"cell.answer_minutes": "0"}),
        ("deadline", DEADLINE, {"cell.answer_minutes": ""}),
        ("deadline", DEADLINE, {"cell.priority": "urgent"}),
        ("triage", {"category": "", "confirm": "true"}, {"cell.confirm": "perhaps"}),
        ("texts", {"notice": "", "language": "", "text": '"a"'}, {"cell.text": ""}),
    ],
)
def test_what_no_cell_may_hold_is_refused_beside_its_field(table: str, cells: Cells, wrong: dict[str, Any]) -> None:
    with pytest.raises(FormRefused) as refused:
        form(table).read(cells, posted(form(table), cells) | wrong)
    assert refused.value.field == next(iter(wrong))


def test_what_was_typed_is_shown_again() -> None:
    fields = {f.column: f for f in form("deadline").entered(DEADLINE, {"cell.answer_minutes": "soon"})}
    assert (fields["answer_minutes"].text, fields["extension_minutes"].text) == ("soon", "")
