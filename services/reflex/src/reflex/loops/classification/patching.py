"""A word of channels as a row of the nation's table category_map."""

from __future__ import annotations

import json
from datetime import datetime

from common.contracts.patch import Cells, Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.cells import OneOf, parse_test
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

TABLE = "category_map"


class Patcher:
    """Reads what is in force, and writes against the nation's newest release."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def category(self, given: str, now: datetime) -> str | None:
        """What the map says of a word; None where it does not know it."""
        decision = self._book.in_force(NATIONAL, now).decide(TABLE, {"given": given}, NO_UNIT)
        return None if decision is None else str(decision.outputs["category"])

    def patch(self, given: str, category: str) -> Patch | None:
        """The word taken out of the row that has it, and a row of its own for it; None where that cannot be written."""
        head = self._book.head(NATIONAL)
        if head is None or TABLE not in head.tables:
            return None
        changes = []
        after: Cells = {"given": _cell((given,)), "category": json.dumps(category, ensure_ascii=False)}
        for row, cells in rows_of(TABLE, head.tables[TABLE]):
            words = _words(cells["given"])
            if words is None or given not in words:
                continue
            rest = tuple(word for word in words if word != given)
            if not rest:
                change = RowChange(op="set", row_id=row, before=cells, after=after)
                return Patch(layer=NATIONAL, base_number=head.number, table=TABLE, changes=(change,))
            changes.append(RowChange(op="set", row_id=row, before=cells, after={**cells, "given": _cell(rest)}))
        row_id = f"{given}-{head.number + 1}"[-200:]
        changes.append(RowChange(op="add", row_id=row_id, after=after, at=0))
        return Patch(layer=NATIONAL, base_number=head.number, table=TABLE, changes=tuple(changes))


def _words(cell: str) -> tuple[str, ...] | None:
    """The texts that a cell names one by one; None for any other test."""
    test = parse_test(cell, "text")
    return tuple(str(v) for v in test.values) if isinstance(test, OneOf) else None


def _cell(words: tuple[str, ...]) -> str:
    return ",".join(json.dumps(word, ensure_ascii=False) for word in words)
