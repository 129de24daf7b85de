"""Applies a typed change of rows, and makes the one that undoes it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from common.contracts.patch import Cells, Patch, RowChange
from common.rulebook.errors import PatchConflict, RulebookError
from common.rulebook.jdm import Document, column_ids, content_of, document_of, rows_of, today
from common.rulebook.older_forms import COLUMNS
from common.rulebook.tables import TABLES


def apply_patch(tables: dict[str, Document], patch: Patch) -> dict[str, Document]:
    """The tables after the patch; the given ones are not touched. Raises PatchConflict."""
    if patch.table not in TABLES:
        raise PatchConflict(f"there is no table {patch.table!r}; there are {', '.join(TABLES)}")
    try:
        document = copy.deepcopy(today(patch.table, tables.get(patch.table) or document_of(patch.table, [])))
        for change in patch.changes:
            _apply(patch.table, document, change)
    except RulebookError as error:
        raise PatchConflict(str(error)) from error
    return {**tables, patch.table: document}


def _apply(table: str, document: Document, change: RowChange) -> None:
    rules: list[dict[str, Any]] = content_of(table, document)["rules"]
    ids = column_ids(table, document)
    place = next((i for i, r in enumerate(rules) if str(r["_id"]) == change.row_id), None)
    if change.op == "add":
        if place is not None:
            raise PatchConflict(f"table {table}: row {change.row_id} is there already")
        if change.at is not None and not 0 <= change.at <= len(rules):
            raise PatchConflict(f"table {table}: there is no place {change.at} for row {change.row_id}")
        rules.insert(len(rules) if change.at is None else change.at, _rule(table, ids, change))
        return
    if place is None:
        raise PatchConflict(f"table {table}: there is no row {change.row_id}")
    held = {name: str(rules[place].get(cell, "")) for name, cell in ids.items()}
    if change.before is None or _cells(table, held, change.before) != held:
        raise PatchConflict(f"table {table}, row {change.row_id}: it says something else by now: the base moved")
    if change.op == "remove":
        if change.at is not None and change.at != place:
            raise PatchConflict(f"table {table}, row {change.row_id}: it stands at {place}, not at {change.at}")
        del rules[place]
    else:
        rules[place] = _rule(table, ids, change)


def _rule(table: str, ids: dict[str, str], change: RowChange) -> dict[str, Any]:
    if change.after is None or not set(change.after) <= set(ids):
        raise PatchConflict(f"table {table}, row {change.row_id}: `after` must hold cells of {', '.join(ids)}")
    return {"_id": change.row_id, **{ids[name]: cell for name, cell in _cells(table, ids, change.after).items()}}


def _cells(table: str, names: Iterable[str], given: Cells) -> Cells:
    """A cell for each column; one that the table had no column for when the change was written says as much as then."""
    grown = COLUMNS.get(table, {})
    return {name: given.get(name, grown.get(name, "")) for name in names}


def reverse(patch: Patch, tables: dict[str, Document]) -> Patch:
    """The patch that undoes `patch`, given the tables before it; raises PatchConflict when it does not apply."""
    back: list[RowChange] = []
    state = tables
    for change in patch.changes:
        order = [row_id for row_id, _ in rows_of(patch.table, state[patch.table])] if patch.table in state else []
        place = order.index(change.row_id) if change.row_id in order else None
        state = apply_patch(state, patch.model_copy(update={"changes": (change,)}))
        if change.op == "add":
            now = dict(rows_of(patch.table, state[patch.table]))
            back.append(RowChange(op="remove", row_id=change.row_id, before=now[change.row_id]))
        elif change.op == "remove":
            back.append(RowChange(op="add", row_id=change.row_id, after=change.before, at=place))
        else:
            back.append(RowChange(op="set", row_id=change.row_id, before=change.after, after=change.before))
    return Patch(layer=patch.layer, base_number=patch.base_number + 1, table=patch.table, changes=tuple(reversed(back)))
