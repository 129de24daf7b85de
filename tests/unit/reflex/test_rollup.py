"""Cells that say the same become one proposal, without those whose own cases say otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from common.rulebook.release import NATIONAL

from tests.unit.reflex.worlds import START, Land, row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def together(land: Land, ends: Mapping[tuple[str, str], Sequence[str]], start: datetime = START) -> datetime:
    """Cases of several cells (category, area) side by side, one a day of each, all counted by one tick."""
    for number in range(max(map(len, ends.values()))):
        at = start + number * DAY
        for (category, area), where in ends.items():
            if number < len(where):
                case_id = land.open(at, area, category)
                if where[number] != land.authority(category, area, at):
                    land.transfer(case_id, where[number], at + HOUR)
    return land.settle(start + max(map(len, ends.values())) * DAY)


def cells(land: Land, number: int = 0) -> list[tuple[str, str, bool]]:
    shown = land.proposals()[number].evidence["cells"]
    return [(c["category"], c["area"], c["own_evidence"]) for c in shown]


def test_a_category_that_goes_elsewhere_in_three_areas_changes_the_nations_row_for_all() -> None:
    land = Land()
    now = together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "02", "03")})
    (proposal,) = land.proposals()
    assert proposal.title == "pothole in every area: yard -> lighting"
    assert proposal.patch.layer == NATIONAL
    assert cells(land) == [
        ("pothole", "01", True), ("pothole", "02", True), ("pothole", "03", True), ("pothole", "04", False),
    ]  # fmt: skip
    effective = land.adopt(proposal, now)
    assert {land.authority("pothole", area, effective) for area in ("01", "02", "03", "04")} == {"lighting"}


def test_a_category_that_goes_elsewhere_before_its_cases_count_is_proposed_by_what_they_say() -> None:
    """The alarm comes while most cases of the evidence do not count yet: the proposal tells of all of them."""
    land = Land(backgrounds={"pothole": 0.03})
    for number in range(8):
        at = START + number * DAY
        for area in ("01", "02", "03"):
            for minutes in range(3):
                case_id = land.open(at + timedelta(minutes=minutes), area)
                land.transfer(case_id, "lighting", at + HOUR)
        land.tick(at + 2 * HOUR)
    (proposal,) = land.proposals()
    assert proposal.patch.layer == NATIONAL
    own = [c for c in proposal.evidence["cells"] if c["own_evidence"]]
    assert [c["area"] for c in own] == ["01", "02", "03"]
    assert all(c["statistic"] >= land.settings.sr_threshold for c in own)
    assert proposal.forecast is not None


def test_areas_with_too_few_cases_of_their_own_agree_with_one_that_has_enough() -> None:
    land = Land()
    few = {("pothole", "02"): ["lighting"] * 2, ("pothole", "03"): ["lighting", "lighting", "yard"]}
    together(land, {("pothole", "01"): ["lighting"] * 6, **few})
    (proposal,) = land.proposals()
    assert proposal.patch.layer == NATIONAL
    assert [area for _, area, own in cells(land) if own] == ["01"]


def test_areas_of_which_as_many_cases_stay_as_go_do_not_agree() -> None:
    land = Land()
    few = {("pothole", "02"): ["lighting"] * 2, ("pothole", "03"): ["lighting", "lighting", "yard"]}
    together(land, {("pothole", "01"): ["lighting"] * 6, **few, ("pothole", "04"): ["yard"] * 3})
    (proposal,) = land.proposals()
    assert proposal.patch.layer == "north"


def test_an_area_whose_own_cases_contradict_keeps_its_authority() -> None:
    land = Land()
    ends = {("pothole", area): ["lighting"] * 6 for area in ("01", "02", "03")}
    now = together(land, {**ends, ("pothole", "04"): ["yard"] * 4})
    (proposal,) = land.proposals()
    assert [c["area"] for c in proposal.evidence["left_out"]] == ["04"]
    effective = land.adopt(proposal, now)
    assert land.authority("pothole", "04", effective) == "yard"
    assert land.authority("pothole", "03", effective) == "lighting"


def test_a_category_that_is_wrong_in_some_areas_only_leaves_the_nations_row_to_the_others() -> None:
    land = Land(region_of={f"{number:02}": "north" if number < 6 else "south" for number in range(1, 13)})
    wrong = {("pothole", f"{number:02}"): ["lighting"] * 6 for number in (1, 2, 3, 7)}
    right = {("pothole", f"{number:02}"): ["yard"] * 2 for number in (4, 8, 9, 10, 11)}
    together(land, {**wrong, **right})
    assert sorted(p.patch.layer for p in land.proposals()) == ["north", "south"]
    named = {(area, own) for number in (0, 1) for _, area, own in cells(land, number)}
    assert named == {("01", True), ("02", True), ("03", True), ("07", True)}


def test_an_area_of_two_cases_that_stayed_keeps_its_authority_while_few_others_are_known_to_agree() -> None:
    land = Land()
    ends = {("pothole", area): ["lighting"] * 6 for area in ("01", "02", "03")}
    together(land, {**ends, ("pothole", "04"): ["yard"] * 2})
    (proposal,) = land.proposals()
    assert proposal.patch.layer == NATIONAL
    assert [c["area"] for c in proposal.evidence["left_out"]] == ["04"]


def test_cases_from_before_the_change_do_not_speak_against_it() -> None:
    land = Land()
    now = together(land, {("pothole", area): ["yard"] * 6 for area in ("01", "02", "03")})
    few = {("pothole", "02"): ["lighting"] * 2, ("pothole", "03"): ["lighting"] * 2}
    together(land, {("pothole", "01"): ["lighting"] * 8, **few}, start=now)
    (proposal,) = land.proposals()
    assert proposal.patch.layer == NATIONAL
    assert {area for _, area, _ in cells(land)} == {"01", "02", "03", "04"}


def test_areas_to_which_an_earlier_proposal_gave_the_same_agree_however_long_ago() -> None:
    land = Land(region_of={f"{number:02}": "north" for number in range(1, 5)})
    now = START
    for area in ("01", "02"):
        now = together(land, {("pothole", area): ["lighting"] * 6}, start=now)
        now = land.adopt(land.proposals()[-1], now) + 20 * DAY
    together(land, {("pothole", "03"): ["lighting"] * 6}, start=now)
    last = land.proposals()[-1]
    assert last.patch.layer == NATIONAL
    assert {area for _, area, _ in cells(land, 2)} == {"03", "04"}


def test_two_areas_are_not_enough_and_each_region_changes_its_own_row() -> None:
    land = Land()
    together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "03")})
    assert sorted(p.patch.layer for p in land.proposals()) == ["north", "south"]


def test_the_third_area_within_the_time_joins_those_already_proposed_and_the_fourth_follows() -> None:
    land = Land()
    now = together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "03")})
    together(land, {("pothole", "02"): ["lighting"] * 6}, start=now)
    last = land.proposals()[2]
    assert last.patch.layer == NATIONAL
    assert cells(land, 2) == [("pothole", "02", True), ("pothole", "04", False)]
    assert set(last.evidence["beside"]) == {p.proposal_id for p in land.proposals()[:2]}


def test_the_third_area_after_the_time_stands_alone() -> None:
    land = Land()
    now = together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "03")})
    together(land, {("pothole", "02"): ["lighting"] * 6}, start=now + 15 * DAY)
    assert land.proposals()[2].patch.layer == "north"


def test_an_authority_that_does_not_serve_every_region_is_never_made_the_nations() -> None:
    land = Land(everywhere=False)
    together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "02", "03")})
    assert {p.patch.layer for p in land.proposals()} == {"north", "south"}


def test_categories_of_one_area_that_leave_one_authority_for_one_other_become_one_proposal() -> None:
    names = ("pothole", "sidewalk", "sign", "litter", "snow")
    land = Land(national=[row(name, "yard") for name in names])
    ends: dict[tuple[str, str], list[str]] = {(name, "01"): ["yard-2"] * 6 for name in names[:3]}
    together(land, {**ends, ("litter", "01"): ["yard-2"], ("snow", "01"): ["yard"] * 3})
    (proposal,) = land.proposals()
    assert proposal.title == "litter, pothole, sidewalk, sign in 01: yard -> yard-2"
    assert {(c[0], c[2]) for c in cells(land)} == {(n, True) for n in names[:3]} | {("litter", False)}
    assert {c.op for c in proposal.patch.changes} == {"add"}


def test_a_cell_with_an_open_proposal_is_in_no_other() -> None:
    land = Land()
    together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "02", "03")})
    together(land, {("pothole", area): ["lighting"] * 6 for area in ("01", "04")}, start=START + 11 * DAY)
    assert len(land.proposals()) == 1
