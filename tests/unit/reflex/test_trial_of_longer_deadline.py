"""A longer deadline on trial: whether it is kept as promised, and whether answers get slower by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    TRANSFERS_AVOIDED,
    AdoptTrial,
    EndTrial,
    Forecast,
    RollBackTrial,
    TrialOrder,
)
from reflex.loops.trial.need import Need
from scipy.stats import binom

from tests.unit.reflex.trial_scene import DAY, START, Scene

PROMISE = Forecast(
    measure=ANSWERED_IN_TIME, expected=80, low=70, high=88, horizon_days=60, review_at=START + timedelta(days=150)
)
FIVE_OR_TEN_DAYS = ({"answer_minutes": 7_200}, {"answer_minutes": 14_400})


def cases(scene: Scene, number: int, *, by_longer: int, by_shorter: tuple[int, int]) -> None:
    """So many cases of each arm by turns; of each so many are answered within the shorter deadline, of both within the
    longer one, evenly mixed."""
    for place in range(number):
        spread = place * 37 % number
        for candidate in (False, True):
            due = 10 if candidate else 5
            case = scene.open(START, candidate=candidate, due_days=due, answers=FIVE_OR_TEN_DAYS)
            after = 3 if spread < by_shorter[candidate] else 8 if spread < by_longer else 12
            if after > due:
                scene.overdue(case, START + due * DAY)
            scene.answer(case, START + after * DAY)


def deadline_trial(promise: Forecast | None = PROMISE) -> Scene:
    return Scene(table="deadline", promise=promise)


def test_a_longer_deadline_that_is_kept_as_promised_is_adopted_and_says_so() -> None:
    scene = deadline_trial()
    cases(scene, 100, by_longer=80, by_shorter=(40, 40))
    assert scene.tick(START + 59 * DAY) == []
    (order,) = scene.tick(START + 60 * DAY)
    assert isinstance(order, AdoptTrial)
    assert "of 100 cases with it 80 (80 %) were answered in time, where 70 to 88 % were promised" in order.reason
    assert (order.numbers["promised_low"], order.numbers["promised_high"]) == (0.7, 0.88)


def test_it_is_adopted_sooner_where_it_is_surely_kept() -> None:
    scene = deadline_trial()
    cases(scene, 100, by_longer=94, by_shorter=(40, 40))
    (order,) = scene.tick(START + 40 * DAY)
    assert isinstance(order, AdoptTrial)
    assert scene.seen[-1].gain >= 20


@pytest.mark.parametrize(("by_shorter", "ends"), [(68, EndTrial), (50, AdoptTrial)])
def test_one_that_is_kept_is_adopted_only_where_it_is_kept_notably_more_often_than_the_shorter_one(
    by_shorter: int, ends: type[TrialOrder]
) -> None:
    scene = deadline_trial()
    cases(scene, 100, by_longer=80, by_shorter=(by_shorter, by_shorter))
    assert scene.tick(START + 59 * DAY) == []
    (order,) = scene.tick(START + 60 * DAY)
    assert isinstance(order, ends)
    share = 80 - by_shorter
    assert (
        f"of 100 cases without it {share} ({share} %) were answered by the longer deadline and not by" in order.reason
    )
    assert "more than 15 % are asked for" in order.reason


def test_the_chance_that_a_longer_deadline_is_not_needed_is_that_of_a_binomial_number() -> None:
    assert Need(0.2, cases=10, only_longer=4).chance() == pytest.approx(binom.sf(3, 10, 0.2))
    assert Need(0.2, cases=5_000, only_longer=1_100).chance() == pytest.approx(binom.sf(1_099, 5_000, 0.2))
    assert Need(0.2).chance() == 1


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_the_evidence_of_need_grows_no_more_than_a_fair_bet_where_no_more_than_the_least_need_it(share: float) -> None:
    mean = sum(binom.pmf(k, 40, share) * Need(0.2, cases=40, only_longer=k).evidence() for k in range(41))
    assert mean == pytest.approx(1) if share == 0.2 else mean < 1


def test_one_that_is_not_kept_is_rolled_back() -> None:
    scene = deadline_trial()
    cases(scene, 60, by_longer=30, by_shorter=(20, 20))
    assert scene.tick(START + 59 * DAY) == []
    (order,) = scene.tick(START + 60 * DAY)
    assert isinstance(order, RollBackTrial)
    assert order.guard == "promise"
    assert "30 (50 %) were answered in time, where 70 to 88 % were promised. The old deadline stays." in order.reason


def test_one_by_which_answers_get_slower_is_rolled_back_though_it_is_kept() -> None:
    scene = deadline_trial()
    cases(scene, 100, by_longer=90, by_shorter=(80, 20))
    (order,) = scene.tick(START + 20 * DAY)
    assert isinstance(order, RollBackTrial)
    assert order.guard == "slower"
    assert "80 (80 %) were not answered by the shorter deadline" in order.reason


@pytest.mark.parametrize("promise", [None, PROMISE.model_copy(update={"measure": TRANSFERS_AVOIDED})])
def test_without_a_promise_of_answers_in_time_it_ends_without_a_result(promise: Forecast | None) -> None:
    scene = deadline_trial(promise)
    cases(scene, 60, by_longer=50, by_shorter=(20, 20))
    assert [type(o) for o in scene.tick(START + 60 * DAY)] == [EndTrial]


@pytest.mark.parametrize(("low", "expected", "high"), [(-50, 80, 90), (0, 80, 90), (1, 150, 200), (60, 20, 90)])
def test_a_promise_that_no_outcome_can_break_or_that_is_no_percentage_adopts_nothing(
    low: float, expected: float, high: float
) -> None:
    scene = deadline_trial(PROMISE.model_copy(update={"low": low, "expected": expected, "high": high}))
    cases(scene, 100, by_longer=40, by_shorter=(40, 40))
    (order,) = scene.tick(START + 60 * DAY)
    assert isinstance(order, EndTrial)


def test_of_too_few_cases_nothing_is_concluded() -> None:
    scene = deadline_trial()
    cases(scene, 29, by_longer=29, by_shorter=(20, 20))
    assert [type(o) for o in scene.tick(START + 60 * DAY)] == [EndTrial]


def test_a_shorter_deadline_is_judged_by_its_gain() -> None:
    scene = deadline_trial()
    for _ in range(40):
        for candidate in (False, True):
            answers = FIVE_OR_TEN_DAYS[::-1]
            case = scene.open(START, candidate=candidate, due_days=5 if candidate else 10, answers=answers)
            scene.answer(case, START + 3 * DAY)
    assert [type(o) for o in scene.tick(START + 60 * DAY)] == [EndTrial]
    assert "slower" not in {guard.guard for guard in scene.seen[-1].guards}
    assert "slower" not in scene.seen[-1].candidate.measures


def test_a_restart_keeps_the_promise() -> None:
    def orders(*, restart: bool) -> list[object]:
        scene = deadline_trial()
        if restart:
            scene.restart()
        cases(scene, 40, by_longer=32, by_shorter=(16, 16))
        if restart:
            scene.restart()
        early = scene.tick(START + 40 * DAY)
        if restart:
            scene.restart()
        return [*early, *scene.tick(START + 60 * DAY)]

    assert orders(restart=True) == orders(restart=False)
    assert [type(o) for o in orders(restart=True)] == [AdoptTrial]
