"""Whether two changes concern one case."""

from __future__ import annotations

from random import Random

import pytest
from common.contracts.patch import Patch, RowChange
from common.rulebook.cells import parse_test
from common.rulebook.tables import TABLES
from rules.sharing import share_cases

CELLS = {
    "category": ("", '"a"', '"b"', '"c"', '"a","b"', '"c","d"'),
    "priority": ("", "1", "2", "< 2", ">= 3", "[1..2]", "3,4"),
}
INPUTS = [(category, priority) for category in "abcde" for priority in range(6)]


def patch(random: Random, name: str) -> Patch:
    """A few new rows of the deadline table."""
    rows = [
        {**{column: random.choice(cells) for column, cells in CELLS.items()}, "answer_minutes": "60"}
        for _ in range(random.randint(1, 3))
    ]
    changes = tuple(RowChange(op="add", row_id=f"{name}-{n}", after=row, at=0) for n, row in enumerate(rows))
    return Patch(layer="north", base_number=1, table="deadline", changes=changes)


def takes(one: Patch) -> set[tuple[str, int]]:
    """The inputs that its rows take."""
    columns = TABLES["deadline"].inputs
    rows = [
        [parse_test(change.after[column.name], column.type) for column in columns]
        for change in one.changes if change.after is not None
    ]  # fmt: skip
    return {given for given in INPUTS if any(all(t.holds(v) for t, v in zip(r, given, strict=True)) for r in rows)}


@pytest.mark.parametrize("seed", range(5))
def test_changes_whose_rows_take_one_input_share_a_case_and_of_listed_values_only_these(seed: int) -> None:
    random = Random(seed)
    found = []
    for _ in range(300):
        one, other = patch(random, "one"), patch(random, "other")
        ranges = any(cell in str(c.after) for p in (one, other) for c in p.changes for cell in ("<", ">", "[", "''"))
        shares = share_cases(one, other)
        assert shares == share_cases(other, one)
        if takes(one) & takes(other):
            assert shares
        elif not ranges:
            assert not shares
        found.append(shares)
    assert {True, False} == set(found)
