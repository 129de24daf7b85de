"""What cases that people placed in triage say about a rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from reflex.loops.misrouting.cell import Cell
from reflex.loops.misrouting.outcome import CellOutcome
from reflex.loops.misrouting.waiting import WaitingRoom
from reflex.sortable_times import text_of

from tests.unit.reflex.worlds import START, Land, saved

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def place(land: Land, at: datetime, authority: str, rule: str | None = "yard") -> str:
    """A person gives a case to an authority; `rule`: who the rules name for it, as that person saw."""
    return land.open(at, "01", by_hand=True, authority=authority, authority_by_rules=rule)


def placed(land: Land, authority: str, count: int, start: datetime = START, **more: Any) -> datetime:
    """A case a day; returns when the next would come."""
    for number in range(count):
        place(land, start + number * DAY, authority, **more)
        land.tick(start + number * DAY + HOUR)
    return start + count * DAY


def test_a_category_that_always_goes_to_triage_gets_a_proposal_where_people_overrule_its_rule() -> None:
    land = Land()
    land.settle(placed(land, "lighting", 20))
    (proposal,) = land.proposals()
    assert proposal.title == "pothole in 01: yard -> lighting"
    assert proposal.evidence["losses"] == 0
    assert proposal.evidence["by_hand"] == proposal.evidence["wins"]
    assert f"People placed {proposal.evidence['by_hand']} of these cases in triage" in proposal.words


def test_what_a_change_avoids_is_not_forecast_from_cases_that_people_placed() -> None:
    by_people, by_rules = Land(), Land()
    by_people.settle(placed(by_people, "lighting", 20))
    by_rules.settle(by_rules.run(["lighting"] * 20))
    assert by_people.proposals()[0].forecast is None
    assert by_rules.proposals()[0].forecast is not None
    assert "by_hand" not in by_rules.proposals()[0].evidence


def test_an_override_is_known_at_placing_so_the_alarm_does_not_wait_until_its_cases_count() -> None:
    land = Land()
    now = START
    while not land.proposals():
        now = placed(land, "lighting", 1, start=now)
    assert len(land.loop.changed()["cell|pothole|01"]["outcomes"]) < land.proposals()[0].evidence["wins"]


def test_a_confirming_person_alone_makes_no_evidence_against_the_rule() -> None:
    land = Land()
    land.settle(placed(land, "yard", 60))
    assert land.said == []


def test_what_people_confirmed_counts_where_it_was_handed_on_to() -> None:
    land = Land()
    for number in range(20):
        at = START + number * DAY
        land.transfer(place(land, at, "yard"), "lighting", at + HOUR)
    land.settle(START + 20 * DAY)
    assert [p.title for p in land.proposals()] == ["pothole in 01: yard -> lighting"]


def test_an_override_that_was_handed_back_counts_as_staying() -> None:
    land = Land()
    cases = [place(land, START + n * DAY, "lighting") for n in range(8)]
    for number, case_id in enumerate(cases):
        land.transfer(case_id, "yard", START + number * DAY + HOUR)
    land.settle(START + 8 * DAY)
    assert land.proposals() == []


def test_a_case_whose_rule_names_nobody_or_was_not_shown_counts_for_nothing() -> None:
    land = Land()
    land.settle(placed(land, "lighting", 20, rule=None))
    assert land.said == []
    assert saved(land.loop, {}) == {}


def test_where_the_rules_place_cases_too_those_of_triage_are_a_selection_and_do_not_count() -> None:
    land = Land()
    for number in range(20):
        at = START + number * DAY
        if number % 10 == 0:
            land.open(at, "01")
        place(land, at + HOUR, "lighting")
    land.settle(START + 20 * DAY)
    assert land.proposals() == []
    outcomes = saved(land.loop, {})["cell|pothole|01"]["outcomes"]
    assert [one["by_hand"] for one in outcomes] == [False, False]


def test_a_category_that_came_to_triage_for_good_counts_a_month_after_the_rules_placed_its_last_case() -> None:
    land = Land()
    land.open(START, "01")
    begins = placed(land, "lighting", 29, start=START + DAY)
    assert land.proposals() == []
    land.settle(placed(land, "lighting", 20, start=begins + DAY))
    assert [p.title for p in land.proposals()] == ["pothole in 01: yard -> lighting"]


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_a_loop_that_was_saved_and_loaded_says_the_same(cut: int) -> None:
    whole, halved = Land(), Land()
    placed(whole, "lighting", 12)
    now = placed(halved, "lighting", cut)
    rows = saved(halved.loop, {})
    halved.loop = halved.fresh()
    halved.loop.load(rows)
    placed(halved, "lighting", 12 - cut, start=now)
    assert whole.proposals()
    assert halved.proposals() == whole.proposals()


def test_a_case_that_an_earlier_version_saved_was_placed_by_the_rules() -> None:
    room = WaitingRoom()
    times = {"opened": text_of(START), "due": text_of(START), "until": text_of(START)}
    room.load({"case-1": {"cell": "cell|pothole|01", "routed": "yard", "holder": "yard", **times}})
    (case,) = room.due(text_of(START))
    assert not case.outcome().by_hand


def test_overrides_say_nothing_about_how_late_desks_hand_on() -> None:
    land = Land()
    late = [place(land, START + n * DAY, "yard") for n in range(3)]
    placed(land, "lighting", 5, start=START + 3 * DAY)
    land.tick(START + 12 * DAY)
    for case_id in late:
        land.transfer(case_id, "lighting", START + 13 * DAY)
    assert "lateness" not in saved(land.loop, {})


def test_cases_that_people_placed_are_not_thought_to_be_handed_on_late() -> None:
    cell = Cell("pothole", "01", "north", "yard")
    for number, end in enumerate(["lighting", "yard"] * 6):
        cell.count(CellOutcome(end, f"case-{number}", text_of(START + number * DAY), by_hand=True), 0.05)
    slow, quick = cell.winner(0.5, lambda case_id: True), cell.winner()
    assert slow is not None
    assert quick is not None
    assert slow.probability == quick.probability
