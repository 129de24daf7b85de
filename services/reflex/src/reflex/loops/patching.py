"""From a cell's winner to a patch of the jurisdiction table."""

from __future__ import annotations

import json
from datetime import datetime

from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.patch import Patch, RowChange

TABLE = "jurisdiction"


def patch_cell(book: ReleaseBook, region: str, category: str, area: str, target: str, now: datetime) -> Patch | None:
    """Set the region's own row for exactly this cell, or put one before all others; None when it says so already."""
    rulebook = book.in_force(region, now)
    decision = rulebook.decide(TABLE, category=category, area=area)
    if decision is not None and decision.outputs["authority"] == target:
        return None
    wanted = {"category": json.dumps(category), "area": json.dumps(area), "authority": json.dumps(target)}
    head = book.head(region)
    if head is None:
        return None
    rows = rows_of(TABLE, head.tables[TABLE]) if TABLE in head.tables else []
    for row_id, cells in rows:
        if (cells["category"], cells["area"]) == (wanted["category"], wanted["area"]):
            change = RowChange(op="set", row_id=row_id, before=cells, after=wanted)
            return Patch(layer=region, base_number=head.number, table=TABLE, changes=(change,))
    row_id = f"{category}-{area.lower()}-{head.number + 1}"
    change = RowChange(op="add", row_id=row_id, after=wanted, at=0)
    return Patch(layer=region, base_number=head.number, table=TABLE, changes=(change,))
