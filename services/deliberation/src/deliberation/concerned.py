"""Which open cases a proposed change touches. Pure."""

from __future__ import annotations

from common.contracts.patch import Patch
from common.rulebook import NATIONAL
from common.rulebook.cells import Test, parse_test
from common.rulebook.tables import TABLES, Value

from deliberation.model import OpenCase

PLACES = ("area", "category", "priority")
"""What is known of an open case that a row may ask for."""


class Touched:
    """The cases that rows which a patch changes answer for, before the change or after it.

    A table that asks neither for an area nor for a category concerns no citizen more than another: it touches none.
    """

    def __init__(self, patch: Patch) -> None:
        self._layer = patch.layer
        columns = [c for c in TABLES[patch.table].inputs if c.name in PLACES]
        self._rows: list[list[tuple[str, Test]]] = []
        if any(c.name in ("area", "category") for c in columns):
            cells = [side for change in patch.changes for side in (change.before, change.after) if side is not None]
            self._rows = [[(c.name, parse_test(side.get(c.name, ""), c.type)) for c in columns] for side in cells]

    def __contains__(self, case: OpenCase) -> bool:
        if self._layer not in (NATIONAL, case.region):
            return False
        given: dict[str, Value] = {"area": case.area, "category": case.category, "priority": case.priority}
        return any(all(test.holds(given[name]) for name, test in row) for row in self._rows)

    def __bool__(self) -> bool:
        return bool(self._rows)
