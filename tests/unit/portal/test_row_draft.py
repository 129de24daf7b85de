"""Rows of a table are changed one by one and gathered into one patch, the smallest that says it."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.patch import Cells
from common.rulebook.jdm import document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import Release, sealed
from portal.row_draft import RowDraft, fitted, put, remove, take_back

T = datetime(2011, 7, 1, tzinfo=UTC)


def cells(category: str, priority: str) -> Cells:
    return {"category": f'"{category}"', "priority": priority}


ROWS = [("a", cells("a", "1")), ("b", cells("b", "1")), ("c", cells("c", "1"))]


def base(number: int = 1, rows: list[tuple[str, Cells]] | None = None) -> Release:
    tables = {"priority": document_of("priority", ROWS if rows is None else rows)}
    return sealed(Release(layer="north", number=number, effective_at=T, tables=tables))


def said(draft: RowDraft) -> list[tuple[str, str]]:
    return [(change.op, change.row_id) for change in draft.changes]


EMPTY = RowDraft(base(), "priority")


def test_a_changed_an_added_and_a_removed_row_become_one_patch_that_makes_the_table() -> None:
    draft = remove(put(put(EMPTY, "b", cells("b", "5")), "x", cells("x", "2"), 0), "c")
    assert sorted(said(draft)) == [("add", "x"), ("remove", "c"), ("set", "b")]
    assert list(draft.rows) == ["x", "a", "b"]
    assert draft.rows["b"]["priority"] == "5"
    assert draft.document == apply_patch(draft.base.tables, draft.patch)["priority"]


def test_a_row_set_twice_is_one_change_and_set_back_is_none() -> None:
    twice = put(put(EMPTY, "b", cells("b", "5")), "b", cells("b", "6"))
    assert said(twice) == [("set", "b")]
    assert said(put(twice, "b", cells("b", "1"))) == []


def test_a_row_stays_where_it_is_unless_it_is_given_another_place() -> None:
    assert list(put(EMPTY, "b", cells("b", "5")).rows) == ["a", "b", "c"]
    moved = put(EMPTY, "c", cells("c", "1"), 0)
    assert list(moved.rows) == ["c", "a", "b"]
    assert [(d.row_id, d.moved) for d in moved.differences] == [("c", True)]


def test_one_row_is_taken_back_and_the_others_stay_changed() -> None:
    draft = put(remove(put(EMPTY, "b", cells("b", "5")), "a"), "x", cells("x", "2"), 2)
    back = take_back(draft, "a")
    assert list(back.rows) == ["a", "b", "c", "x"]
    assert sorted(said(back)) == [("add", "x"), ("set", "b")]
    assert said(take_back(take_back(back, "x"), "b")) == []


def test_a_draft_follows_a_new_release_and_what_does_not_fit_it_is_kept_apart() -> None:
    draft = put(put(EMPTY, "b", cells("b", "5")), "c", cells("c", "5"))
    moved = base(2, [ROWS[0], ("b", cells("b", "3")), ROWS[2]])
    follows = fitted(moved, "priority", draft.changes)
    assert (said(follows), [c.row_id for c in follows.unfit]) == ([("set", "c")], ["b"])
    assert follows.patch.base_number == 2
    assert take_back(follows, "b").unfit == ()
    anew = put(follows, "b", cells("b", "5"))
    assert (sorted(said(anew)), anew.unfit) == ([("set", "b"), ("set", "c")], ())


def test_a_table_that_the_layer_does_not_have_begins_with_its_first_row() -> None:
    draft = put(RowDraft(base(), "triage"), "t", {"category": "", "confirm": "true"})
    assert said(draft) == [("add", "t")]
