"""Each row of the rulebook leads to the release that gave it its words."""

from __future__ import annotations

from datetime import UTC, datetime

from common.contracts.patch import Cells, Patch
from common.contracts.trial import TrialPlan
from common.rulebook.jdm import document_of
from common.rulebook.release import Release, sealed
from portal.blame import last_changed, makers, origin, versions
from portal.item_fold import Item

T = datetime(2011, 7, 1, tzinfo=UTC)


def release(number: int, rows: dict[str, str]) -> Release:
    cells: list[tuple[str, Cells]] = [(row, {"category": f'"{row}"', "priority": n}) for row, n in rows.items()]
    return sealed(
        Release(layer="north", number=number, effective_at=T, tables={"priority": document_of("priority", cells)})
    )


RELEASES = [
    release(4, {"a": "2", "b": "1", "c": "3"}),
    release(3, {"a": "2", "c": "3"}),
    release(2, {"a": "2", "b": "1"}),
    release(1, {"a": "1", "b": "1"}),
]


def test_the_last_change_of_each_row_is_found() -> None:
    assert {row: r.number for row, r in last_changed(RELEASES, "priority", 4).items()} == {"a": 2, "b": 4, "c": 3}
    assert {row: r.number for row, r in last_changed(RELEASES, "priority", 2).items()} == {"a": 2, "b": 1}


def test_a_rows_life_is_told_newest_first_with_what_it_said_before() -> None:
    def priority(cells: Cells | None) -> str | None:
        return None if cells is None else cells["priority"]

    said = [(v.release.number, priority(v.before), priority(v.after)) for v in versions(RELEASES, "priority", "b")]
    assert said == [(4, None, "1"), (3, "1", None), (1, None, "1")]
    assert versions(RELEASES, "priority", "never") == []


def test_a_row_that_was_only_moved_keeps_its_release_and_the_move_is_told() -> None:
    moved = [release(5, {"c": "3", "a": "2", "b": "1"}), *RELEASES]
    assert {row: r.number for row, r in last_changed(moved, "priority", 5).items()} == {"a": 2, "b": 4, "c": 3}
    (found, *_) = versions(moved, "priority", "c")
    assert (found.release.number, found.change.moved) == (5, True)
    assert (found.change.place_before, found.change.place_after) == (2, 0)


def proposal(name: str, *steps: tuple[str, int | None]) -> Item:
    told = [{"step": step, **({} if n is None else {"layer": "north", "number": n})} for step, n in steps]
    return Item("proposal", name, steps[-1][0], T, {"steps": told})


MADE = makers(
    [
        proposal("kept", ("checked", None), ("accepted", None), ("adopted", 2), ("reviewed", None)),
        proposal("tried", ("trial_started", 3), ("trial_stepped", 4), ("rolled_back", 5)),
    ]
)


def test_a_release_leads_to_its_proposal_whatever_became_of_that_later() -> None:
    found = [origin(r, RELEASES, MADE, 3, T) for r in RELEASES]
    assert [(o.release.number, o.proposal and o.proposal.id, o.step and o.step["step"]) for o in found] == [
        (4, "tried", "trial_stepped"), (3, "tried", "trial_started"), (2, "kept", "adopted"), (1, None, None),
    ]  # fmt: skip
    assert [o.state for o in found] == ["past", "in_force", "past", "past"]


def test_a_release_without_a_known_proposal_says_why_there_is_none_only_where_that_is_certain() -> None:
    again = release(5, {"a": "2", "b": "1", "c": "3"})
    tried = again.model_copy(update={"number": 6, "trials": (plan(),)})
    releases = [tried, again, *RELEASES]
    assert [origin(r, releases, {}, 6, T).why for r in releases] == [
        "trial", "time", "unknown", "unknown", "unknown", "first",
    ]  # fmt: skip


def plan() -> TrialPlan:
    patch = Patch(layer="north", base_number=5, table="priority", changes=())
    return TrialPlan(proposal_id="p", patch=patch, reversal=patch, unit="case", share=0.5, salt="s", started_at=T)
