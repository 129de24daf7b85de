"""The rule that follows from a finding: a region's own rows that bring a difference are taken out, so that the nation's
hold."""

from __future__ import annotations

from collections.abc import Sequence

from common.contracts.patch import Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL

from reflex.loops.equity.rows import RowShare


class Remedies:
    """Writes patches against the newest release of a region."""

    def __init__(self, book: ReleaseBook) -> None:
        self._book = book

    def patch(self, region: str, shares: Sequence[RowShare]) -> Patch | None:
        """Those rows of the table that brings most taken out; None where they are gone, or the nation has no such
        table that would answer in their place."""
        head, nation = self._book.head(region), self._book.head(NATIONAL)
        if head is None or nation is None or not shares:
            return None
        table = shares[0].row.split("|")[0]
        wanted = {
            row_id for kind, layer, row_id in (s.row.split("|", 2) for s in shares) if (kind, layer) == (table, region)
        }
        if table not in head.tables or table not in nation.tables:
            return None
        changes = [
            RowChange(op="remove", row_id=row_id, before=cells)
            for row_id, cells in rows_of(table, head.tables[table])
            if row_id in wanted
        ]
        if not changes:
            return None
        return Patch(layer=region, base_number=head.number, table=table, changes=tuple(changes))
