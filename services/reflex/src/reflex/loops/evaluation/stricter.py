"""From a loop that is too bold to a patch of its settings: its threshold one step higher."""

from __future__ import annotations

import json

from common.contracts.patch import Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.cells import parse_output
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL

from reflex.loop import TABLE

THRESHOLDS = ("sr_threshold",)
"""Settings of which a greater value makes a loop propose less; a loop that has another one cannot be helped."""


class Stricter:
    """Writes patches against the nation's newest release."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def patch(self, loop: str, times: float) -> Patch | None:
        """The loop's threshold made so many times as great; None where the rulebook has no row of it."""
        head = self._book.head(NATIONAL)
        if head is None or TABLE not in head.tables:
            return None
        for row_id, cells in rows_of(TABLE, head.tables[TABLE]):
            if cells["loop"] == json.dumps(loop) and cells["setting"] in map(json.dumps, THRESHOLDS):
                value = float(parse_output(cells["value"], "number"))
                after = {**cells, "value": f"{value * times:g}"}
                change = RowChange(op="set", row_id=row_id, before=cells, after=after)
                return Patch(layer=NATIONAL, base_number=head.number, table=TABLE, changes=(change,))
        return None

    def number(self, layer: str) -> int | None:
        """Of the newest release of a layer."""
        head = self._book.head(layer)
        return None if head is None else head.number
