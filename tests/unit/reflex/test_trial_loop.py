"""The loop `trial`: what it counts of both arms, and what it orders."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from common.contracts.events.rules import AdoptTrial, EndTrial, RollBackTrial, StepTrial
from common.contracts.trial import MEASURES
from reflex.facts import CaseJoined, CaseReopened, CaseTransferred
from reflex.loops.trial.settings import Settings

from tests.unit.reflex.trial_scene import DAY, NEW, OLD, START, Scene

KNOWN = timedelta(days=3, hours=1)
"""After it, it is known whether a case was handed on."""


def test_a_change_that_spares_transfers_is_adopted_with_its_numbers() -> None:
    scene = Scene(least_outcomes=5)
    scene.many(10, START, candidate=False, transferred=9)
    scene.many(10, START, candidate=True, transferred=1)
    (order,) = scene.tick(START + KNOWN)
    assert isinstance(order, AdoptTrial)
    assert order.numbers["gain"] >= 20
    assert (order.numbers["current_transferred"], order.numbers["candidate_transferred"]) == (0.9, 0.1)


def test_one_order_is_given_and_not_again_until_it_is_answered() -> None:
    scene = Scene(least_outcomes=5)
    scene.many(10, START, candidate=False, transferred=9)
    scene.many(10, START, candidate=True, transferred=1)
    assert len(scene.tick(START + KNOWN)) == 1
    assert scene.tick(START + KNOWN + DAY) == []
    scene.refused(AdoptTrial.type, START + KNOWN + DAY)
    assert scene.tick(START + KNOWN + 1.5 * DAY) == []
    assert [type(o) for o in scene.tick(START + KNOWN + 2 * DAY)] == [AdoptTrial]


def test_nothing_is_counted_before_its_age() -> None:
    """Transfers are known at once, that there was none only after three days: both count after three days."""
    scene = Scene()
    scene.many(10, START, candidate=False, transferred=9)
    scene.many(10, START, candidate=True, transferred=1)
    assert scene.tick(START + 2 * DAY) == []
    assert scene.seen[-1].current.outcomes == 0


def test_a_transfer_after_the_age_does_not_count_however_long_the_tick() -> None:
    scene = Scene()
    case = scene.open(START, candidate=True)
    scene.transfer(case, START + 4 * DAY)
    scene.tick(START + 5 * DAY)
    assert scene.seen[-1].candidate.measures == {"transferred": 0.0}


def test_harm_rolls_back_with_the_guard_that_showed_it() -> None:
    scene = Scene(table="priority")
    for number in range(60):
        for candidate in (False, True):
            case = scene.open(START, candidate=candidate)
            if number % 10 < (8 if candidate else 1):
                scene.overdue(case, START + 10 * DAY)
            else:
                scene.answer(case, START + 5 * DAY)
    assert not [o for o in scene.tick(START + 10 * DAY) if isinstance(o, RollBackTrial)]
    (order,) = [o for o in scene.tick(START + 12 * DAY) if isinstance(o, RollBackTrial)]
    assert order.guard == "overdue"
    assert order.numbers["evidence"] >= order.numbers["bound"] == pytest.approx(150)


def test_harm_in_one_area_rolls_back_and_says_where_though_all_cases_together_show_none() -> None:
    scene = Scene(settings=Settings(volume_least=1_000))
    for _ in range(30):
        scene.many(1, START, candidate=True, transferred=1, area="02")
        scene.many(1, START, candidate=False, transferred=0, area="02")
        scene.many(1, START, candidate=True, transferred=0, area="01")
        scene.many(1, START, candidate=False, transferred=1, area="01")
    (order,) = scene.tick(START + KNOWN)
    assert isinstance(order, RollBackTrial)
    assert "area 02" in order.reason


def test_a_joined_case_counts_not_at_all() -> None:
    scene = Scene()
    case = scene.open(START, candidate=True)
    joined = CaseJoined(
        id="j", at=START + DAY, case_id=case, region="north", authority="a", into_case="case-0"
    )  # fmt: skip
    scene.tell(joined)
    scene.tick(START + KNOWN)
    assert scene.seen[-1].candidate.outcomes == 0


def test_a_case_counts_once_though_its_opening_comes_twice() -> None:
    scene = Scene()
    scene.open(START, candidate=True)
    scene.numbers -= 1
    scene.open(START, candidate=True)
    scene.tick(START + KNOWN)
    assert (scene.seen[-1].candidate.units, scene.seen[-1].candidate.outcomes) == (1, 1)


def test_a_case_that_another_region_takes_over_counts_where_it_was_drawn() -> None:
    scene = Scene()
    case = scene.open(START, candidate=True)
    away = CaseTransferred(
        id="away", at=START + DAY, case_id=case, region="north", authority="a", from_authority=NEW, to_region="south"
    )  # fmt: skip
    scene.tell(away)
    scene.tick(START + KNOWN)
    scene.numbers -= 1
    scene.open(START + 4 * DAY, candidate=True, handed_over_from="north")
    scene.tick(START + 40 * DAY)
    assert (scene.seen[-1].candidate.units, scene.seen[-1].candidate.outcomes) == (1, 1)
    assert scene.seen[-1].candidate.measures == {"transferred": 1.0}


def test_both_arms_have_the_longer_of_two_deadlines() -> None:
    """The change gives five days where ten were given: a case of either arm counts as late after ten."""
    scene = Scene(table="deadline")
    answers = ({"answer_minutes": 14_400}, {"answer_minutes": 7_200})
    short = scene.open(START, candidate=True, due_days=5, answers=answers)
    scene.overdue(short, START + 5 * DAY)
    scene.answer(short, START + 8 * DAY)
    late = scene.open(START, candidate=True, due_days=5, answers=answers)
    scene.overdue(late, START + 5 * DAY)
    other = scene.open(START, candidate=False, due_days=10, answers=answers)
    scene.overdue(other, START + 10 * DAY)
    scene.tick(START + 10 * DAY)
    assert scene.seen[-1].candidate.outcomes == 0
    scene.tick(START + 12 * DAY)
    assert (scene.seen[-1].candidate.outcomes, scene.seen[-1].candidate.measures["overdue"]) == (2, 0.5)
    assert scene.seen[-1].current.measures["overdue"] == 1.0


def test_an_urgent_case_that_the_change_misroutes_ends_it_at_once() -> None:
    scene = Scene()
    case = scene.open(START, candidate=True, priority=4)
    scene.transfer(case, START + timedelta(hours=1), to=OLD)
    (order,) = scene.tick(START + timedelta(hours=6))
    assert isinstance(order, RollBackTrial)
    assert (order.guard, case in order.reason) == ("safety", True)


@pytest.mark.parametrize(("candidate", "priority", "to"), [(False, 4, NEW), (True, 3, OLD), (True, 4, "third")])
def test_a_misrouted_case_of_the_old_rule_or_of_no_urgency_or_of_both_rules_does_not(
    candidate: bool, priority: int, to: str
) -> None:
    scene = Scene()
    scene.transfer(scene.open(START, candidate=candidate, priority=priority), START + timedelta(hours=1), to=to)
    assert scene.tick(START + timedelta(hours=6)) == []


def test_a_change_without_an_answer_ends_at_once() -> None:
    scene = Scene()
    scene.open(START, candidate=False, answers=({"authority": "yard"}, None))
    (order,) = scene.tick(START + timedelta(hours=6))
    assert isinstance(order, RollBackTrial)
    assert order.guard == "cannot_decide"


def test_a_change_that_cannot_be_read_ends_at_once() -> None:
    scene = Scene(broken={"p": "row r-1 is not there"})
    (order,) = scene.tick(START + timedelta(hours=6))
    assert isinstance(order, RollBackTrial)
    assert "row r-1 is not there" in order.reason


def test_an_office_that_gets_twice_its_cases_ends_it_at_once() -> None:
    scene = Scene()
    scene.many(60, START, candidate=True, transferred=60, to=NEW)
    scene.many(60, START, candidate=False, transferred=10, to=NEW)
    (order,) = scene.tick(START + KNOWN)
    assert isinstance(order, RollBackTrial)
    # Without the volume, so many more transfers would say the same.
    assert order.guard == "office_volume"
    assert NEW in order.reason


def test_an_office_that_got_the_same_cases_by_transfers_has_not_twice() -> None:
    scene = Scene()
    scene.many(60, START, candidate=True, transferred=0)
    scene.many(60, START, candidate=False, transferred=58, to=NEW)
    for _ in range(200):
        scene.open(START, candidate=False, concerned=False)
    assert [type(o) for o in scene.tick(START + KNOWN)] == [AdoptTrial]


def test_a_few_cases_of_the_rule_in_force_do_not_say_how_many_an_office_would_get() -> None:
    """After adoption a twentieth keeps the rule before it: of these two cases ended there, and by chance not five."""
    scene = Scene(steps=(0.5, 1.0))
    scene.adopted(START, holdout=30 * DAY)
    for n in range(105):
        candidate = n % 21 != 0
        case = scene.open(START + timedelta(seconds=n), candidate=candidate, share=0.95)
        if not candidate and n < 42:
            scene.transfer(case, START + timedelta(hours=5), to=NEW)
    assert scene.tick(START + KNOWN) == []


def test_what_an_office_has_beside_the_trial_is_part_of_its_cases() -> None:
    """Sixty cases more are not twice the cases of an office that has a hundred."""
    scene = Scene(steps=(0.5, 1.0))
    for _ in range(100):
        scene.open(START, candidate=True, concerned=False)
    scene.both(START, (60, 6), (60, 6))
    assert scene.tick(START + KNOWN) == []


def test_a_greater_share_follows_when_each_arm_has_its_least_number_and_no_guard_shows_harm() -> None:
    scene = Scene(steps=(0.2, 0.5, 1.0), least_outcomes=20, settings=Settings(volume_least=1_000))
    scene.both(START, (80, 8), (19, 2))
    assert scene.tick(START + 5 * DAY) == []
    scene.many(1, START + 2 * DAY, candidate=True, transferred=0)
    assert [type(o) for o in scene.tick(START + 6 * DAY)] == [StepTrial]
    scene.stepped(0.5, START + 6 * DAY)
    # 100 % is no step: nothing would be left to compare with.
    scene.both(START + 6 * DAY, (40, 4), (40, 4))
    assert scene.tick(START + 30 * DAY) == []


def test_a_share_lasts_its_shortest_time() -> None:
    scene = Scene(steps=(0.2, 0.5, 1.0), least_outcomes=5, settings=Settings(step_days=9))
    scene.both(START, (40, 4), (10, 1))
    assert scene.tick(START + 8 * DAY) == []
    assert [type(o) for o in scene.tick(START + 9 * DAY)] == [StepTrial]


def test_a_small_cell_does_not_wait_for_outcomes_that_will_not_come() -> None:
    """One case a day: at five percent thirty outcomes would take years."""
    scene = Scene(steps=(0.05, 0.5, 1.0))
    for day in range(4):
        scene.open(START + day * DAY, candidate=False)
    assert [type(o) for o in scene.tick(START + 4 * DAY)] == [StepTrial]


def test_no_greater_share_follows_while_a_guard_is_near_its_bound() -> None:
    scene = Scene(steps=(0.2, 0.5, 1.0), least_outcomes=5)
    scene.both(START, (80, 8), (20, 8))
    assert scene.tick(START + 5 * DAY) == []
    near = max(g.evidence / g.bound for g in scene.seen[-1].guards)
    assert 0.1 < near < 1


def test_a_trial_without_effect_ends_inconclusive_in_its_longest_time() -> None:
    scene = Scene(longest_days=30, settings=Settings(volume_least=1_000))
    for day in range(25):
        scene.both(START + day * DAY, (10, 1), (10, 1))
    assert scene.tick(START + 29 * DAY) == []
    (order,) = scene.tick(START + 30 * DAY)
    assert isinstance(order, EndTrial)
    assert "old rule stays" in order.reason


def test_gain_is_not_believed_before_each_arm_has_the_least_number_of_its_plan() -> None:
    scene = Scene(table="priority", steps=(0.1, 1.0))
    for number in range(90):
        late = scene.open(START, candidate=False, share=0.1)
        scene.overdue(late, START + 10 * DAY)
        if number % 9 == 8:
            scene.answer(scene.open(START, candidate=True, share=0.1), START + 5 * DAY)
    assert not [o for o in scene.tick(START + 12 * DAY) if isinstance(o, AdoptTrial)]
    seen = scene.seen[-1]
    assert (seen.current.outcomes, seen.candidate.outcomes) == (90, 10)
    assert seen.gain >= 20
    for _ in range(20):
        scene.answer(scene.open(START + 12 * DAY, candidate=True), START + 15 * DAY)
        scene.overdue(scene.open(START + 12 * DAY, candidate=False), START + 22 * DAY)
    assert [type(o) for o in scene.tick(START + 24 * DAY)] == [AdoptTrial]


def late_of_hundred(scene: Scene, current: int, candidate: int) -> None:
    """A hundred cases in each arm by turns, so many of them late, evenly."""
    for number in range(100):
        for arm, late in ((False, current), (True, candidate)):
            case = scene.open(START, candidate=arm)
            if (number + 1) * late // 100 > number * late // 100:
                scene.overdue(case, START + 10 * DAY)
            else:
                scene.answer(case, START + 5 * DAY)


def test_harm_that_bets_have_not_proven_is_seen_at_the_end() -> None:
    scene = Scene(table="priority")
    late_of_hundred(scene, 20, 39)
    assert not [o for o in scene.tick(START + 59 * DAY) if isinstance(o, RollBackTrial)]
    (order,) = scene.tick(START + 60 * DAY)
    assert isinstance(order, RollBackTrial)
    assert order.guard == "overdue"
    assert order.numbers["chance"] <= order.numbers["chance_bound"] == pytest.approx(0.3 / 60)
    assert "39 (39 %) missed their deadline" in order.reason


def test_a_difference_that_chance_may_bring_rolls_nothing_back_at_the_end() -> None:
    scene = Scene(table="priority")
    late_of_hundred(scene, 20, 30)
    scene.tick(START + 59 * DAY)
    assert [type(o) for o in scene.tick(START + 60 * DAY)] == [EndTrial]


def test_a_trial_that_too_few_cases_come_to_is_beyond_hope_after_half_its_time() -> None:
    scene = Scene(longest_days=60)
    scene.many(2, START, candidate=True, transferred=0)
    assert scene.tick(START + 29 * DAY) == []
    assert [type(o) for o in scene.tick(START + 30 * DAY)] == [EndTrial]


def districts(scene: Scene, number: int, late: tuple[int, int]) -> None:
    """Twenty cases of each district; every other one has the candidate."""
    for unit in range(number):
        candidate = unit % 2 == 1
        for _ in range(20):
            scene.many(
                1, START, candidate=candidate, transferred=int(scene.numbers % 10 < late[candidate]), area="01",
                unit=f"d{unit}",
            )  # fmt: skip


@pytest.mark.parametrize("number", [2, 5])
def test_fewer_than_six_districts_show_nothing(number: int) -> None:
    scene = Scene(unit="area")
    districts(scene, number, late=(9, 0))
    orders = [o for day in range(5, 61, 5) for o in scene.tick(START + day * DAY)]
    assert [type(o) for o in orders] == [EndTrial]
    assert f"Only {number} districts" in orders[0].reason


def test_districts_without_a_difference_end_inconclusive() -> None:
    scene = Scene(unit="area")
    districts(scene, 12, late=(3, 3))
    orders = [o for day in range(5, 61, 5) for o in scene.tick(START + day * DAY)]
    assert [type(o) for o in orders] == [EndTrial]


def test_twelve_districts_can_show_a_gain() -> None:
    scene = Scene(unit="area")
    districts(scene, 12, late=(9, 1))
    orders = [o for day in range(5, 61, 5) for o in scene.tick(START + day * DAY)]
    assert isinstance(orders[0], AdoptTrial)


def test_a_pause_keeps_the_evidence_and_counts_no_case_of_its_own() -> None:
    scene = Scene(least_outcomes=5)
    scene.many(4, START, candidate=False, transferred=4)
    scene.many(4, START, candidate=True, transferred=0)
    scene.paused(START + DAY)
    scene.many(20, START + 2 * DAY, candidate=False, transferred=20, share=0.0)
    assert len([key for key in scene.state() if key.startswith("case|")]) == 8
    assert scene.tick(START + 10 * DAY) == []
    assert (scene.seen[-1].share, scene.seen[-1].current.outcomes) == (0.0, 4)
    scene.resumed(0.5, START + 10 * DAY)
    scene.many(4, START + 10 * DAY, candidate=False, transferred=4)
    scene.many(4, START + 10 * DAY, candidate=True, transferred=0)
    assert [type(o) for o in scene.tick(START + 14 * DAY)] == [AdoptTrial]


def test_after_adoption_the_guards_begin_anew_and_watch_until_the_holdout_ends() -> None:
    scene = Scene()
    scene.many(10, START, candidate=False, transferred=9)
    scene.many(10, START, candidate=True, transferred=1)
    scene.tick(START + KNOWN)
    adopted = START + 4 * DAY
    scene.adopted(adopted, holdout=30 * DAY)
    scene.tick(adopted + DAY)
    assert scene.seen[-1].current.units == 0
    scene.many(20, adopted + DAY, candidate=False, transferred=0, share=0.95)
    scene.many(100, adopted + DAY, candidate=True, transferred=80, share=0.95)
    (order,) = scene.tick(adopted + 5 * DAY)
    assert isinstance(order, RollBackTrial)
    assert scene.seen[-1].share == pytest.approx(0.95)


def test_a_holdout_that_ends_is_forgotten() -> None:
    scene = Scene()
    scene.adopted(START, holdout=30 * DAY)
    scene.tick(START + 31 * DAY)
    assert scene.state() == {}


@pytest.mark.parametrize("end", ["rolled_back", "ended", "adopted"])
def test_a_trial_that_ended_is_shown_once_more_and_forgotten(end: str) -> None:
    scene = Scene()
    case = scene.open(START, candidate=True)
    getattr(scene, end)(START + DAY)
    scene.tick(START + DAY)
    shown = len(scene.seen)
    assert shown == 1
    scene.answer(case, START + 2 * DAY)
    assert scene.tick(START + 90 * DAY) == []
    assert len(scene.seen) == shown
    assert scene.state() == {}


def test_harm_does_not_wait_for_the_answer_to_another_order() -> None:
    scene = Scene(steps=(0.2, 0.5, 1.0), least_outcomes=5)
    scene.both(START, (40, 4), (10, 1))
    assert [type(o) for o in scene.tick(START + 5 * DAY)] == [StepTrial]
    scene.both(START + 5 * DAY, (80, 4), (20, 19))
    assert [type(o) for o in scene.tick(START + 9 * DAY)] == [RollBackTrial]


def test_a_restart_in_the_middle_changes_nothing() -> None:
    def orders(restarts: bool) -> tuple[list[object], dict[str, object]]:
        scene = Scene(steps=(0.2, 0.5, 1.0), least_outcomes=20)
        found: list[object] = []
        for day in range(40):
            at = START + day * DAY
            scene.many(8, at, candidate=False, transferred=2 + day % 3)
            scene.many(2, at, candidate=True, transferred=day % 2, area="03")
            found += scene.loop.on_tick(at + timedelta(hours=12))
            for order in found[-2:]:
                if isinstance(order, StepTrial):
                    scene.stepped(0.5, at + timedelta(hours=12))
            kept = scene.state()
            if restarts:
                scene.restart()
        return found, kept

    assert orders(restarts=True) == orders(restarts=False)


def test_a_trial_is_shown_when_it_changed_notably_and_daily() -> None:
    scene = Scene()
    for quarter in range(12):
        scene.tick(START + quarter * DAY / 4)
    assert len(scene.seen) == 3
    scene.many(10, START + 3 * DAY, candidate=True, transferred=0)
    scene.tick(START + 3 * DAY + timedelta(hours=1))
    assert len(scene.seen) == 4


def test_guards_share_what_they_may_err() -> None:
    """A third is for the last look; of the rest five measures have two thirds over all cases, and one third in two
    regions, four areas and two channels."""
    scene = Scene()
    scene.many(5, START, candidate=True, transferred=1)
    scene.tick(START + 20 * DAY)
    bounds = {(g.guard, (g.place or "").partition(":")[0]): g.bound for g in scene.seen[-1].guards}
    assert bounds["transferred", ""] == pytest.approx(150)
    assert bounds["transferred", "area"] == pytest.approx(300 * 3 * 4)
    over_all = sum(1 / bounds[measure, ""] for measure in MEASURES)
    places = sum(n / bounds["transferred", kind] for kind, n in (("region", 2), ("area", 4), ("channel", 2)))
    assert over_all == pytest.approx(2 / 3 * 2 / 3 / 20)
    assert places == pytest.approx(0.3 * 2 / 3 * 1 / 3 / 20)


def test_a_cases_outcome_is_of_the_reopened_and_rated_too() -> None:
    scene = Scene()
    first, second = (scene.open(START, candidate=True) for _ in range(2))
    for case in (first, second):
        scene.answer(case, START + DAY)
    reopened = CaseReopened(id="r", at=START + 2 * DAY, case_id=first, region="north", authority="a", rating=1)
    scene.tell(reopened)
    scene.tick(START + 40 * DAY)
    measures = scene.seen[-1].candidate.measures
    assert measures == {"transferred": 0.0, "overdue": 0.0, "rating": 1.0, "open_age": 0.5, "reopened": 0.5}


def of_units(scene: Scene, at: datetime, share: float, candidates: int, units: int = 12) -> None:
    """Five cases of each district; those of the districts with the change are handed on."""
    for number in range(units):
        changed = number < candidates
        scene.many(5, at, candidate=changed, transferred=5 if changed else 0, share=share, unit=f"d{number}", area="01")


def evidence(scene: Scene) -> float:
    return next(g.evidence for g in scene.seen[-1].guards if g.guard == "transferred")


@pytest.mark.parametrize("share", [0.05, 0.2, 0.3])
def test_districts_of_both_arms_are_compared_at_every_share(share: float) -> None:
    scene = Scene(unit="area", steps=(share, 1.0), longest_days=40)
    of_units(scene, START + DAY, share, 3)
    scene.tick(START + 11 * DAY)
    assert evidence(scene) > 1


def test_the_guards_of_districts_stay_on_in_the_holdout() -> None:
    scene = Scene(unit="area", steps=(0.5, 1.0))
    scene.adopted(START + DAY, holdout=40 * DAY)
    of_units(scene, START + 2 * DAY, 0.9, 10)
    scene.tick(START + 12 * DAY)
    assert evidence(scene) > 1
