"""The patch that makes one version of a table out of another."""

from __future__ import annotations

from common.contracts.patch import Patch, RowChange
from common.rulebook.differences import RowDifference, differences
from common.rulebook.jdm import Document
from common.rulebook.release import Release


def patch_between(base: Release, table: str, after: Document) -> Patch | None:
    """What leads from a release's table to `after`, row by row; None when every row is the same.

    Raises RulebookError for a document without rows to read, ValidationError when more rows differ than a patch holds.
    What a document says beside its rows (where an editor drew it) is no rule and stays as the release has it.
    """
    before = {table: base.tables[table]} if table in base.tables else {}
    found = differences(before, {table: after})
    gone = [d for d in found if d.before is not None and (d.after is None or d.displaced)]
    kept = [d for d in found if d.before is not None and d.after is not None and not d.displaced]
    come = [d for d in found if d.after is not None and (d.before is None or d.displaced)]
    changes = (
        *(RowChange(op="remove", row_id=d.row_id, before=d.before) for d in gone),
        *(RowChange(op="set", row_id=d.row_id, before=d.before, after=d.after) for d in kept),
        *(RowChange(op="add", row_id=d.row_id, after=d.after, at=d.place_after) for d in sorted(come, key=_place)),
    )
    return Patch(layer=base.layer, base_number=base.number, table=table, changes=changes) if changes else None


def _place(found: RowDifference) -> int:
    assert found.place_after is not None
    return found.place_after
