"""The mirror counts every case once, at ages equal for all, and tells what is chance and what the mix of cases does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events.reflex.mirror import MirrorObserved
from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseOverdue,
    CaseOverdueWithdrawn,
    CaseRated,
    CaseReopened,
    CaseTransferred,
    Point,
    WorkStarted,
)
from reflex.loops.introspection.loop import IntrospectionLoop
from reflex.loops.introspection.settings import Settings

from tests.unit.reflex.judged_city import DAY, LATE, MONDAY, JudgedCity, usual

HOUR = timedelta(hours=1)


def fresh(zone: str = "UTC", **settings: Any) -> IntrospectionLoop:
    found = Settings(**settings)
    return IntrospectionLoop(lambda now: found, ZoneInfo(zone))


def about(case_id: str = "1", region: str = "north", **more: Any) -> dict[str, Any]:
    return {"id": f"{case_id}-{len(more)}", "case_id": case_id, "region": region, "authority": "yard", **more}


def opened(case_id: str = "1", at: datetime = MONDAY, due_days: float = 3, **more: Any) -> CaseOpened:
    given = {
        "category": "pothole", "area": "n1", "channel": "web", "priority": 1, "received_at": at,
        "due_at": at + timedelta(days=due_days), "point": Point(42.3, -71.1),
        "rows": ("jurisdiction|national|pothole", "deadline|north|slow"),
    }  # fmt: skip
    return CaseOpened(at=at, **{**about(case_id), **given, **more})


def weeks_of(facts: Sequence[CaseFact], days: int = 70, **settings: Any) -> list[MirrorObserved]:
    """The last words on every week, after all facts and so many days."""
    loop, said, left = fresh(**settings), [], sorted(facts, key=lambda f: (f.at, f.id))
    for day in range(1, days + 1):
        until = MONDAY + day * DAY
        while left and left[0].at < until:
            loop.observe(left.pop(0))
        said += loop.on_tick(until)
    return [one for one in said if isinstance(one, MirrorObserved) and one.ended]


def totals(facts: Sequence[CaseFact], dimension: str = "nation", name: str = "", **more: Any) -> dict[str, str]:
    """By measure `bad of cases`, over all weeks."""
    found: dict[str, list[int]] = {}
    for one in weeks_of(facts, **more):
        if (one.dimension, one.name) == (dimension, name):
            for measure, seen in one.measures.items():
                pair = found.setdefault(measure, [0, 0])
                pair[0] += seen.bad
                pair[1] += seen.cases
    return {measure: f"{bad} of {cases}" for measure, (bad, cases) in found.items()}


def test_a_case_answered_in_time_with_work_is_good_by_every_measure() -> None:
    case = about()
    facts = [opened(), WorkStarted(at=MONDAY + HOUR, **case), CaseAnswered(at=MONDAY + DAY, **case)]
    assert totals([*facts, CaseRated(at=MONDAY + 2 * DAY, **case, rating=5)]) == {
        "late": "0 of 1", "handed_on": "0 of 1", "unresolved": "0 of 1", "reopened": "0 of 1", "repeated": "0 of 1",
        "poor_rating": "0 of 1", "without_work": "0 of 1", "within_a_minute": "0 of 1",
    }  # fmt: skip


def test_what_is_closed_within_a_minute_without_work_and_comes_back_shows_in_the_counter_measures() -> None:
    case = about()
    facts: list[CaseFact] = [
        opened(), CaseAnswered(at=MONDAY + timedelta(seconds=20), **case),
        CaseReopened(at=MONDAY + 2 * DAY, **case, rating=1),
        opened("2", at=MONDAY + 5 * DAY, point=Point(42.3001, -71.1001), due_days=30),
    ]  # fmt: skip
    found = totals(facts, days=35)
    assert found["late"] == "0 of 1", "timely as it seems"
    assert {name for name, said in found.items() if said == "1 of 1"} == {
        "unresolved", "reopened", "repeated", "poor_rating", "without_work", "within_a_minute",
    }  # fmt: skip


def test_the_same_problem_two_streets_away_or_of_another_kind_is_no_repetition() -> None:
    facts: list[CaseFact] = [
        opened(), CaseAnswered(at=MONDAY + HOUR, **about()),
        opened("2", at=MONDAY + DAY, point=Point(42.303, -71.1)),
        opened("3", at=MONDAY + DAY, category="graffiti"),
    ]  # fmt: skip
    assert totals(facts, days=42)["repeated"] == "0 of 1"


def test_a_case_counts_when_its_deadline_has_come_and_not_when_it_is_closed() -> None:
    """Two cases of one week: the one closed at once is not counted sooner than the one that nobody touches."""
    quick = [opened("1"), CaseAnswered(at=MONDAY + HOUR, **about("1"))]
    slow = [opened("2"), CaseOverdue(at=MONDAY + 3 * DAY, **about("2"), due_at=MONDAY + 3 * DAY)]
    for days, expected in ((3, 0), (6, 2)):
        loop = fresh()
        for fact in sorted([*quick, *slow], key=lambda f: (f.at, f.id)):
            loop.observe(fact)
        said = [one for one in loop.on_tick(MONDAY + days * DAY) if isinstance(one, MirrorObserved)]
        nation = [one.measures["late"].cases for one in said if one.dimension == "nation"]
        assert sum(nation) == expected


def test_a_deadline_that_was_moved_is_judged_at_the_new_one() -> None:
    moved_in_time = [opened("1"), CaseAnswered(at=MONDAY + 20 * DAY, **about("1"))]
    moved_late = [opened("2"), CaseOverdue(at=MONDAY + 25 * DAY, **about("2"), due_at=MONDAY + 25 * DAY)]
    assert totals([*moved_in_time, *moved_late])["late"] == "1 of 2"


def test_a_deadline_said_to_be_missed_by_a_wrong_clock_is_not_missed() -> None:
    due = MONDAY + 3 * DAY
    facts: list[CaseFact] = [
        opened(), CaseOverdue(at=due, **about(), due_at=due),
        CaseOverdueWithdrawn(at=due + HOUR, **about(), due_at=due),
        CaseAnswered(at=due + 2 * HOUR, **about()),
    ]  # fmt: skip
    assert totals(facts)["late"] == "0 of 1"


def test_joined_cases_count_not_at_all_and_declined_ones_are_not_asked_whether_they_were_reopened() -> None:
    joined = [opened("1"), CaseJoined(at=MONDAY + HOUR, **about("1"), into_case="9")]
    declined = [opened("2"), CaseDeclined(at=MONDAY + HOUR, **about("2"))]
    found = totals([*joined, *declined])
    assert found["late"] == "0 of 1"
    assert "reopened" not in found
    assert found["without_work"] == "1 of 1"


def test_what_left_the_region_was_passed_on_there_and_its_lateness_is_not_billed_to_it() -> None:
    facts: list[CaseFact] = [
        opened(), CaseTransferred(at=MONDAY + HOUR, **about(), from_authority="yard", to_region="south"),
        opened("1", at=MONDAY + 2 * HOUR, region="south", handed_over_from="north"),
        CaseAnswered(at=MONDAY + 9 * DAY, **about(region="south")),
    ]  # fmt: skip
    assert totals(facts, "region", "north") == {"handed_on": "1 of 1"}
    assert totals(facts, "region", "south") == {}


def test_delay_of_a_case_that_two_desks_had_is_billed_to_neither() -> None:
    due = MONDAY + 3 * DAY
    facts: list[CaseFact] = [
        opened(), CaseTransferred(at=MONDAY + HOUR, **{**about(), "authority": "parks"}, from_authority="yard"),
        CaseOverdue(at=due, **{**about(), "authority": "parks"}, due_at=due),
    ]  # fmt: skip
    assert totals(facts)["late"] == "1 of 1"
    assert totals(facts, "authority", "yard") == {"handed_on": "1 of 1"}
    assert totals(facts, "authority", "parks") == {"unresolved": "1 of 1"}


def test_every_dimension_has_a_row_and_so_have_the_rules_that_decided() -> None:
    named = {(one.dimension, one.name) for one in weeks_of([opened(), CaseAnswered(at=MONDAY + HOUR, **about())])}
    assert named == {
        ("nation", ""), ("region", "north"), ("area", "n1"), ("authority", "yard"), ("category", "pothole"),
        ("channel", "web"), ("rule", "jurisdiction|national|pothole"), ("rule", "deadline|north|slow"),
    }  # fmt: skip


def test_weeks_begin_at_midnight_of_the_country() -> None:
    loop = fresh("America/New_York")
    # It counts on Monday at two in the morning by UTC, which is Sunday there.
    at = datetime(2011, 7, 9, 2, tzinfo=UTC)
    loop.observe(opened(at=at, due_days=1))
    loop.observe(CaseOverdue(at=at + DAY, **about(), due_at=at + DAY))
    said = [one for day in range(5, 16) for one in loop.on_tick(MONDAY + day * DAY + 5 * HOUR)]
    assert {one.week for one in said if isinstance(one, MirrorObserved) and "late" in one.measures} == {
        date(2011, 7, 4)
    }


def test_the_running_week_is_shown_after_midnight_and_its_last_word_when_it_is_over() -> None:
    city = JudgedCity(fresh(), seed=1)
    city.live(35)
    nation = [one for one in city.said if one.dimension == "nation" and one.week == date(2011, 7, 25)]
    assert [one.ended for one in nation][-1]
    assert not any(one.ended for one in nation[:-1])
    counted = [one.measures["late"].cases for one in nation]
    assert counted == sorted(counted)
    assert 2 <= len(nation) <= 6


@pytest.mark.parametrize("seed", range(3))
def test_intervals_hold_the_share_that_places_truly_have(seed: int) -> None:
    """Alike places: the adjusted share of a region, by its 95 in 100 interval, against the nation's true share."""
    city = JudgedCity(fresh(), seed)
    city.live(140)
    truth = sum(LATE.values()) / len(LATE)
    held = [
        one.measures["late"].adjusted_low <= truth <= one.measures["late"].adjusted_high  # type: ignore[operator]
        for one in city.said
        if one.dimension in ("region", "area", "channel") and one.ended and one.week >= date(2011, 8, 22)
    ]
    print("seed", seed, "held", sum(held), "of", len(held))
    assert len(held) > 100
    assert sum(held) >= 0.91 * len(held)


def test_a_region_with_harder_cases_is_as_good_as_others_for_its_mix() -> None:
    city = JudgedCity(fresh(), seed=4, mix={"north": {"trees": 6.0, "refuse": 0.2}})
    city.live(140)
    north = [o for o in city.said if (o.dimension, o.name) == ("region", "north") and o.ended][-8:]
    seen = [one.measures["late"] for one in north]
    raw = sum(one.bad for one in seen) / sum(one.cases for one in seen)
    ratio = sum(one.bad for one in seen) / sum(one.expected or 0.0 for one in seen)
    assert raw > 0.3, "more of its cases are late"
    assert abs(ratio - 1) < 0.15, "and so they are expected to be"


def test_a_region_that_is_later_for_like_cases_shows_in_the_spread_of_equity() -> None:
    def biased(category: str, region: str, area: str, channel: str, at: datetime) -> float:
        return usual(category, region, area, channel, at) + (0.15 if region == "north" else 0)

    spreads = {}
    for name, late in (("alike", usual), ("biased", biased)):
        city = JudgedCity(fresh(), seed=5, late=late)
        city.live(140)
        spreads[name] = [one for one in city.said if one.dimension == "nation"][-1].spread["late|region"]
    assert spreads["alike"] < 0.02 < 0.04 < spreads["biased"]


def test_state_read_back_in_the_middle_says_the_same() -> None:
    whole, parted, rows = JudgedCity(fresh(), seed=6, a_day=20), JudgedCity(fresh(), seed=6, a_day=20), {}  # type: ignore[var-annotated]
    whole.live(70)
    for days in (9, 20, 41):
        parted.live(days)
        parted.move_to(fresh(), rows)
    assert parted.said == whole.said


def test_what_is_remembered_does_not_grow_without_end() -> None:
    rows: dict[str, Any] = {}
    city = JudgedCity(fresh(), seed=7, a_day=20)
    sizes = []
    for _ in range(4):
        city.live(60)
        city.move_to(fresh(), rows)
        sizes.append(len(rows))
    assert sizes[3] < 1.1 * sizes[1]
