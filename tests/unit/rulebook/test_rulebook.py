"""Tables decide as zen-engine does; layers are never looser than the nation; patches have a way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from common.contracts.patch import Patch, RowChange
from common.rulebook import (
    NATIONAL,
    NO_UNIT,
    PatchConflict,
    Release,
    ReleaseBook,
    ReleaseMissing,
    RulebookError,
    apply_patch,
    check_table,
    compile_table,
    loosened_rows,
    parse_table,
    reverse,
)
from common.rulebook.jdm import Cells, document_of, rows_of
from common.rulebook.oracle import differences
from hypothesis import given, settings
from hypothesis import strategies as st

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATER = datetime(2011, 1, 1, tzinfo=UTC)
TEXTS = ["", '"a"', '"b"', '"a","b"', '"c"']
NUMBERS = ["", "1", "2,3", "< 2", "<= 2", "> 2", ">= 3", "[1..3]", "(1..3)", "(2..4]"]
MINUTES = st.integers(1, 5000).map(str)


def deadline_rows(most: int = 6) -> st.SearchStrategy[list[tuple[str, Cells]]]:
    row = st.fixed_dictionaries(
        {
            "category": st.sampled_from(TEXTS),
            "priority": st.sampled_from(NUMBERS),
            "answer_minutes": MINUTES,
            "extension_minutes": MINUTES,
        }
    )
    return st.lists(row, max_size=most).map(lambda rows: [(f"r{i}", r) for i, r in enumerate(rows)])


def release(layer: str, number: int, effective_at: datetime = EPOCH, **tables: Any) -> Release:
    return Release(layer=layer, number=number, effective_at=effective_at, tables=tables)


@settings(max_examples=30, deadline=None)
@given(deadline_rows())
def test_the_compiled_table_decides_as_zen_engine_does(rows: list[tuple[str, Cells]]) -> None:
    assert differences("deadline", document_of("deadline", rows)) == []


@settings(deadline=None)
@given(deadline_rows(), deadline_rows(), st.sampled_from("abcd"), st.integers(0, 5))
def test_the_merged_deadline_is_never_longer_than_the_national_one(
    national: list[tuple[str, Cells]], overlay: list[tuple[str, Cells]], category: str, priority: int
) -> None:
    book = ReleaseBook()
    book.add(release(NATIONAL, 1, deadline=document_of("deadline", national)))
    book.add(release("north", 1, deadline=document_of("deadline", overlay)))
    merged = book.in_force("north", LATER).decide("deadline", {"category": category, "priority": priority}, NO_UNIT)
    alone = compile_table(parse_table("deadline", document_of("deadline", national)))
    nation = alone.decide(category=category, priority=priority)
    if nation is not None:
        assert merged is not None
        assert merged.outputs["answer_minutes"] <= nation.outputs["answer_minutes"]  # type: ignore[operator]


@settings(deadline=None)
@given(deadline_rows(), deadline_rows())
def test_every_row_that_would_loosen_is_named(
    national: list[tuple[str, Cells]], overlay: list[tuple[str, Cells]]
) -> None:
    low, high = document_of("deadline", national), document_of("deadline", overlay)
    named = {(x.row_id, x.column) for x in loosened_rows({"deadline": low}, {"deadline": high})}
    nation, region = compile_table(parse_table("deadline", low)), compile_table(parse_table("deadline", high))
    for category in "abcd":
        for priority in (0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5):
            ours = region.decide(category=category, priority=priority)
            theirs = nation.decide(category=category, priority=priority)
            for column in ("answer_minutes", "extension_minutes"):
                if ours and theirs and ours.outputs[column] > theirs.outputs[column]:  # type: ignore[operator]
                    assert (ours.row_id, column) in named


def test_inputs_are_told_apart_by_name_not_by_order() -> None:
    said = {"directive": "false", "directive_minutes": "480"}
    rows: list[tuple[str, Cells]] = [
        ("one", {"level": "1", "priority": "2", "after_minutes": "10", "to": '"authority_head"', **said}),
        ("two", {"level": "2", "priority": "1", "after_minutes": "99", "to": '"federal"', **said}),
    ]
    book = ReleaseBook()
    book.add(release(NATIONAL, 1, escalation=document_of("escalation", rows)))
    rulebook = book.in_force("north", LATER)
    first, second = (
        rulebook.decide("escalation", {"level": 1, "priority": 2}, NO_UNIT),
        rulebook.decide("escalation", {"priority": 1, "level": 2}, NO_UNIT),
    )
    assert first is not None
    assert second is not None
    assert (first.outputs["after_minutes"], second.outputs["after_minutes"]) == (10, 99)


def test_what_is_in_force_depends_on_the_time_asked_not_on_arrival() -> None:
    book = ReleaseBook()
    book.add(release(NATIONAL, 2, LATER))
    book.add(release(NATIONAL, 1))
    assert book.in_force("north", datetime(2010, 1, 1, tzinfo=UTC)).release == "national:1"
    assert book.in_force("north", LATER).release == "national:2"
    for tag in ("national:3", "north:1", "", "national:x"):
        with pytest.raises(ReleaseMissing):
            book.get(tag)
    with pytest.raises(ReleaseMissing):
        ReleaseBook().in_force("north", LATER)


@settings(deadline=None)
@given(deadline_rows(), st.data())
def test_a_patch_and_its_reversal_leave_the_table_as_it_was(rows: list[tuple[str, Cells]], data: st.DataObject) -> None:
    before = {"deadline": document_of("deadline", rows)}
    held = rows_of("deadline", before["deadline"])
    cells = {"category": '"z"', "priority": "", "answer_minutes": "7", "extension_minutes": "7"}
    choices = [RowChange(op="add", row_id="new", after=cells, at=data.draw(st.integers(0, len(held))))]
    if held:
        row_id, now = data.draw(st.sampled_from(held))
        choices += [
            RowChange(op="remove", row_id=row_id, before=now),
            RowChange(op="set", row_id=row_id, before=now, after=cells),
        ]
    patch = Patch(layer="north", base_number=1, table="deadline", changes=(data.draw(st.sampled_from(choices)),))
    after = apply_patch(before, patch)
    assert after != before
    assert apply_patch(after, reverse(patch, before)) == before


def test_a_patch_whose_base_moved_is_refused_in_words() -> None:
    tables = {"priority": document_of("priority", [("any", {"priority": "2"})])}
    stale = RowChange(op="set", row_id="any", before={"priority": "3"}, after={"priority": "4"})
    with pytest.raises(PatchConflict, match="the base moved"):
        apply_patch(tables, Patch(layer="n", base_number=1, table="priority", changes=(stale,)))


def test_a_wrong_cell_is_named_with_its_table_and_row() -> None:
    with pytest.raises(RulebookError, match="table priority, row r1, cell priority"):
        parse_table("priority", document_of("priority", [("r1", {"priority": '"high"'})]))


def test_a_release_with_a_table_that_is_no_longer_asked_is_read_without_it() -> None:
    book, kept = ReleaseBook(), document_of("deadline", [("any", {"answer_minutes": "10", "extension_minutes": "0"})])
    book.add(release(NATIONAL, 1, loop_settings={"nodes": []}, deadline=kept))
    decision = book.in_force(NATIONAL, LATER).decide("deadline", {"category": "a", "priority": 1}, NO_UNIT)
    assert decision is not None
    assert decision.outputs["answer_minutes"] == 10


def test_a_row_that_nothing_reaches_is_an_error() -> None:
    rows: list[tuple[str, Cells]] = [("any", {"priority": "2"}), ("dead", {"category": '"a"', "priority": "3"})]
    found = check_table("priority", document_of("priority", rows), NATIONAL)
    assert [(f.severity, f.row_id) for f in found if f.severity == "error"] == [("error", "dead")]
