"""By which units a table's decisions can be divided is what the placing of a case draws arms by."""

from __future__ import annotations

import pytest
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan, TrialUnit
from common.federation.country import EPOCH
from common.rulebook import Release, sealed
from common.rulebook.jdm import document_of
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.placement import Where, place
from rules.cells_about_changes import DIVIDED_BY
from rules.terms import UNITS

from tests.unit.rules.scene import deadline

ROWS = {
    "category_map": ({"given": '"dark"', "category": '"lamp"'}, {"category": '"hole"'}),
    "triage": ({"category": "", "confirm": "false"}, {"confirm": "true"}),
    "jurisdiction": ({"category": "", "area": "", "authority": '"yard"'}, {"authority": '"other"'}),
    "priority": ({"category": "", "priority": "2"}, {"priority": "3"}),
    "deadline": ({**deadline("", 480), "category": ""}, {"answer_minutes": "120"}),
}
"""Of each table that places a case a row, and what a change makes of it."""


def arms_drawn(table: str, unit: TrialUnit) -> bool:
    """Whether a trial of the table draws arms by the unit."""
    before, after = ROWS[table][0], {**ROWS[table][0], **ROWS[table][1]}

    def patch(op: str, old: dict[str, str], new: dict[str, str]) -> Patch:
        row = RowChange.model_validate({"op": op, "row_id": "r", "before": old, "after": new})
        return Patch(layer="national", base_number=1, table=table, changes=(row,))

    plan = TrialPlan(
        proposal_id="p", patch=patch("set", before, after), reversal=patch("set", after, before), unit=unit, share=0.0,
        steps=(0.5, 1.0), salt="s", started_at=EPOCH,
    )  # fmt: skip
    tables = {name: document_of(name, [("r", cells)]) for name, (cells, _) in ROWS.items()}
    release = sealed(Release(layer="national", number=1, effective_at=EPOCH, tables=tables, trials=(plan,)))
    placed = place("case", "dark", Where("01", "north", "b"), Rulebook(Layer(release), None))
    return bool(getattr(placed, "arms", ()))


@pytest.mark.parametrize("unit", sorted(UNITS.values()))
@pytest.mark.parametrize("table", sorted(ROWS))
def test_a_table_is_divided_by_what_is_known_when_it_is_asked(table: str, unit: TrialUnit) -> None:
    assert arms_drawn(table, unit) == (unit in DIVIDED_BY[table])


def test_the_tables_that_place_a_case_are_those_that_can_be_tried() -> None:
    assert ROWS.keys() == DIVIDED_BY.keys()
