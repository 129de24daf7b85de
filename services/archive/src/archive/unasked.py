"""What of a change asks what the archive does not keep: the words of a message, early warnings. Pure."""

from __future__ import annotations

from common.contracts.patch import Cells, Patch
from common.rulebook.older_forms import COLUMNS

TEXT_COLUMNS = {"triage": COLUMNS["triage"]}
"""By table: columns that ask the words, with what a row says that lacks them."""
UNASKED_TABLES = frozenset({"classification", "conversation", "matter_words", "matters", "warnings"})
"""Whose every row asks one of them."""


def unasked(patch: Patch) -> tuple[str, ...]:
    """The columns, as table.column, or the whole table, which a replay does not ask and the patch changes."""
    if patch.table in UNASKED_TABLES:
        return (patch.table,)
    columns = TEXT_COLUMNS.get(patch.table, {})

    def says(cells: Cells | None, column: str) -> str:
        return (cells or {}).get(column) or columns[column]

    return tuple(
        f"{patch.table}.{column}"
        for column in columns
        if any(says(one.before, column) != says(one.after, column) for one in patch.changes)
    )
