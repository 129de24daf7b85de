"""A change is tried in a part before it binds all: how it starts, waits, grows, ends, what goes on beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.contracts.events.base import Actor, Command
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    SETTLED_DAYS,
    TRANSFERS_AVOIDED,
    AdoptTrial,
    EndTrial,
    Forecast,
    PauseTrial,
    ProposalAdopted,
    ProposeChange,
    ResumeTrial,
    RollBackTrial,
    RulesCommandRefused,
    StepTrial,
    TrialEnded,
    TrialOrder,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
    TrialWaits,
    WithdrawProposal,
)
from common.contracts.patch import RowChange
from rules.domain import decide
from rules.model import Incoming, Tick

from tests.unit.rules.scene import (
    AUTHOR,
    DAY,
    HEAD,
    HOUR,
    MISROUTING,
    NOON,
    SOUTH,
    WATCHER,
    Federation,
    Scene,
    begun,
    change,
    code,
    deadline,
    forecast,
    names,
    proposal,
    reroute,
    world,
    yes,
)

NUMBERS = {"gain": 23.5}


def order(kind: type[TrialOrder], name: str = "p1", actor: Actor = WATCHER, **more: object) -> TrialOrder:
    given = {"reason": "by the numbers", "numbers": NUMBERS}
    return kind(actor=actor, proposal_id=name, **{**given, **more})  # type: ignore[arg-type]


@pytest.fixture
def scene() -> Scene:
    return begun(world())


@pytest.fixture
def tried(scene: Scene) -> Scene:
    """A trial of p1 in force, with a fifth of the units."""
    scene.on_trial(change("p1", forecast=forecast()))
    scene.tick()
    return scene


def test_an_accepted_change_is_tried_by_the_first_share_of_its_plan_from_the_next_boundary(scene: Scene) -> None:
    scene.take(change("p1"))
    accepted, started = scene.take(yes("p1"))
    assert names([accepted]) == ["ProposalAccepted"]
    assert isinstance(started, TrialStarted)
    plan = started.plan
    assert (started.layer, started.number, started.effective_at) == ("north", 2, NOON + HOUR)
    assert (plan.unit, plan.strata, plan.share, plan.steps) == ("case", ("category",), 0.2, (0.2, 0.5, 1.0))
    assert (plan.least_outcomes, plan.longest_days, plan.started_at) == (30, 40, NOON + HOUR)
    assert plan.patch.changes[0].after == plan.reversal.changes[0].before
    assert "overdue" in plan.guards
    assert scene.head().tables == scene.releases[1].tables
    assert scene["p1"].state == "on_trial"
    assert scene.shares() == {}
    scene.tick()
    assert scene.shares() == {"p1": 0.2}
    assert scene.minutes("lamp") == "240"


def test_the_salt_follows_from_the_proposals_id_alone(scene: Scene) -> None:
    scene.on_trial(change("p1"))
    other = begun(world(steps='"50 100"'))
    other.tick()
    other.on_trial(change("p2", "hole"), change("p1"))
    first, second = (plan for plan in other.head().trials)
    assert second.salt == scene.head().trials[0].salt
    assert first.salt != second.salt


@pytest.mark.parametrize("unit", ["area", "authority"])
def test_neighbours_are_treated_alike_whatever_their_category(unit: str) -> None:
    scene = begun(world(unit=f'"{unit}"'))
    scene.on_trial(change("p1"))
    (plan,) = scene.head().trials
    assert (plan.unit, plan.strata) == (unit, ())


def test_where_the_table_says_none_a_change_is_adopted_untried() -> None:
    scene = begun(world(unit='"none"'))
    scene.take(change("p1"))
    _, adopted = scene.take(yes("p1"))
    assert isinstance(adopted, ProposalAdopted)
    assert adopted.canary_skipped
    assert adopted.review_at == NOON + HOUR + 90 * DAY


def test_a_step_is_the_next_share_from_the_next_boundary_and_after_the_last_there_is_none(tried: Scene) -> None:
    (stepped,) = tried.take(order(StepTrial))
    assert isinstance(stepped, TrialStepped)
    assert (stepped.share, stepped.effective_at, stepped.numbers) == (0.5, NOON + 2 * HOUR, NUMBERS)
    assert tried.shares() == {"p1": 0.2}
    tried.tick()
    assert tried.shares() == {"p1": 0.5}
    tried.take(order(StepTrial))
    assert code(tried.take(order(StepTrial))) == "no_next_step"


def test_while_a_trial_is_paused_nobody_follows_the_change_and_it_goes_on_as_it_was(tried: Scene) -> None:
    tried.take(order(StepTrial))
    tried.tick()
    tried.take(order(PauseTrial, actor=HEAD))
    assert tried.shares() == {"p1": 0.0}
    assert [plan.paused for plan in tried.head().trials] == [True]
    for kind in (StepTrial, PauseTrial, AdoptTrial):
        assert code(tried.take(order(kind, actor=HEAD))) == "trial_paused"
    (resumed,) = tried.take(order(ResumeTrial, actor=HEAD))
    assert names([resumed]) == ["TrialResumed"]
    assert tried.shares() == {"p1": 0.0}
    tried.tick()
    assert tried.shares() == {"p1": 0.5}
    assert code(tried.take(order(ResumeTrial, actor=HEAD))) == "trial_not_paused"


def test_an_adopted_change_is_in_the_tables_and_a_holdout_keeps_the_rule_before_it_for_a_time(tried: Scene) -> None:
    (adopted,) = tried.take(order(AdoptTrial))
    assert isinstance(adopted, ProposalAdopted)
    effective = NOON + 2 * HOUR
    assert (adopted.canary_skipped, adopted.effective_at, adopted.numbers) == (False, effective, NUMBERS)
    assert adopted.holdout_until == effective + 30 * DAY
    assert adopted.review_at == effective + (60 + SETTLED_DAYS) * DAY
    assert (tried.minutes("lamp"), tried["p1"].state) == ("240", "adopted")
    tried.tick()
    assert tried.minutes("lamp") == "120"
    (plan,) = tried.in_force().trials
    assert (plan.adopted, plan.share, plan.holdout_until) == (True, pytest.approx(0.95), effective + 30 * DAY)
    tried.tick(29 * 24)
    assert tried.shares() != {}
    tried.tick(48)
    tried.tick(48)
    assert (tried.shares(), tried.minutes("lamp")) == ({}, "120")


def test_where_no_holdout_is_lawful_nobody_keeps_the_rule_before() -> None:
    scene = begun(world(holdout_percent="0"))
    scene.on_trial(change("p1"))
    (adopted,) = scene.take(order(AdoptTrial))
    assert isinstance(adopted, ProposalAdopted)
    assert adopted.holdout_until is None
    assert scene.head().trials == ()


def test_trials_of_other_rows_run_beside_each_other_and_releases_carry_them_on(tried: Scene) -> None:
    tried.on_trial(change("p2", "hole"))
    tried.tick()
    assert tried.shares() == {"p1": 0.2, "p2": 0.2}
    tried.take(order(StepTrial, "p2"))
    tried.take(order(AdoptTrial, "p1"))
    tried.tick()
    assert tried.shares()["p2"] == 0.5
    assert (tried.minutes("lamp"), tried.minutes("hole")) == ("120", "240")


def test_a_trial_waits_for_another_on_its_row_and_starts_when_that_has_ended(tried: Scene) -> None:
    tried.take(change("p2", "lamp", "hole", minutes=130))
    tried.take(change("p3", "hole", minutes=100))
    _, waits = tried.take(yes("p2"))
    assert waits == TrialWaits(proposal_id="p2", behind=("p1",))
    _, later = tried.take(yes("p3"))
    assert later == TrialWaits(proposal_id="p3", behind=("p2",))
    assert tried["p2"].state == "accepted"
    assert code(tried.take(order(StepTrial, "p2"))) == "no_trial"
    said = tried.take(order(EndTrial))
    assert names(said) == ["TrialEnded", "TrialStarted"]
    assert (tried["p2"].state, tried["p3"].state) == ("on_trial", "accepted")


def promise(cases: float, measure: str = TRANSFERS_AVOIDED) -> Forecast:
    """So many cases in 60 days."""
    return forecast().model_copy(update={"measure": measure, "expected": cases})


def test_of_changes_that_wait_the_one_that_promises_more_cases_a_day_is_tried_first(tried: Scene) -> None:
    tried.on_trial(change("p2", "lamp", "hole", minutes=130, forecast=promise(60)))
    tried.take(change("p3", "lamp", "hole", minutes=100, forecast=promise(90)))
    told = tried.take(yes("p3"))
    assert told[1:] == [
        TrialWaits(proposal_id="p3", behind=("p1",)), TrialWaits(proposal_id="p2", behind=("p3", "p1")),
    ]  # fmt: skip
    tried.take(order(EndTrial))
    assert (tried["p2"].state, tried["p3"].state) == ("accepted", "on_trial")


@pytest.mark.parametrize(("days", "first"), [(29, "p3"), (31, "p2")])
def test_a_promise_of_half_a_case_more_a_day_goes_before_what_is_up_to_30_days_older(
    tried: Scene, days: int, first: str
) -> None:
    tried.on_trial(change("p2", "lamp", "hole", minutes=130, forecast=promise(6)))
    tried.now += days * DAY
    tried.on_trial(change("p3", "lamp", "hole", minutes=100, forecast=promise(36)))
    tried.take(order(EndTrial))
    assert tried[first].state == "on_trial"


def test_no_promise_goes_before_what_has_waited_a_year_longer(tried: Scene) -> None:
    tried.on_trial(change("p2", "lamp", "hole", minutes=130))
    tried.now += 366 * DAY
    tried.on_trial(change("p3", "lamp", "hole", minutes=100, forecast=promise(1e9)))
    tried.take(order(EndTrial))
    assert tried["p2"].state == "on_trial"


def test_a_forecast_that_counts_no_cases_brings_a_change_no_earlier_turn(tried: Scene) -> None:
    tried.on_trial(change("p2", "lamp", "hole", minutes=130))
    tried.on_trial(change("p3", "lamp", "hole", minutes=100, forecast=promise(95, ANSWERED_IN_TIME)))
    tried.take(order(EndTrial))
    assert tried["p2"].state == "on_trial"


def test_a_waiting_change_is_returned_when_the_one_before_it_is_adopted_on_its_row(tried: Scene) -> None:
    tried.take(change("p2", "lamp", minutes=100))
    tried.take(yes("p2"))
    assert names(tried.take(order(AdoptTrial))) == ["ProposalAdopted", "ProposalReturned"]


def test_trials_never_share_an_office(scene: Scene) -> None:
    scene.on_trial(reroute("p1", "lamp", "yard-hole"))
    scene.take(reroute("p2", "hole", "yard-tree"))
    _, waits = scene.take(yes("p2"))
    assert waits == TrialWaits(proposal_id="p2", behind=("p1",))
    scene.take(reroute("p3", "snow", "yard-ice"))
    assert names(scene.take(yes("p3"))) == ["ProposalAccepted", "TrialStarted"]


def test_a_holdout_yields_to_a_trial_of_its_row(tried: Scene) -> None:
    tried.take(order(AdoptTrial))
    tried.tick()
    tried.take(change("p2", "lamp", minutes=100, before=120))
    assert names(tried.take(yes("p2"))) == ["ProposalAccepted", "TrialStarted"]
    tried.tick()
    assert tried.shares() == {"p2": 0.2}


def test_a_trial_that_another_change_moves_away_from_is_over_and_the_old_rule_stays(tried: Scene) -> None:
    trials = tried.state.heads["national"].tables.pop("trial")
    tried.take(change("p2", "lamp", minutes=100))
    said = tried.take(yes("p2"))
    assert names(said) == ["ProposalAccepted", "TrialEnded", "ProposalAdopted"]
    ended = said[1]
    assert isinstance(ended, TrialEnded)
    assert (ended.proposal_id, ended.actor) == ("p1", "rules")
    assert "does not fit" in ended.reason
    assert tried["p1"].state == "inconclusive"
    tried.state.heads["national"].tables["trial"] = trials
    tried.tick()
    assert (tried.shares(), tried.minutes("lamp")) == ({}, "100")


def test_a_roll_back_is_in_force_at_once_for_all(tried: Scene) -> None:
    (rolled,) = tried.take(order(RollBackTrial, guard="overdue"))
    assert isinstance(rolled, TrialRolledBack)
    assert (rolled.effective_at, rolled.guard, rolled.numbers) == (tried.now, "overdue", NUMBERS)
    assert (tried.shares(), tried.minutes("lamp"), tried["p1"].state) == ({}, "240", "rolled_back")
    assert tried.shares(tried.now - timedelta(seconds=1)) == {"p1": 0.2}


@pytest.mark.parametrize("kind", [RollBackTrial, EndTrial, PauseTrial])
def test_what_waits_for_its_boundary_neither_undoes_nor_is_brought_forward_by_what_holds_at_once(
    tried: Scene, kind: type[TrialOrder]
) -> None:
    """A greater share of p1 and a trial of p2 wait for the boundary when p1 is stopped."""
    tried.take(order(StepTrial))
    tried.on_trial(change("p2", "hole"))
    (ended,) = tried.take(order(kind, actor=HEAD))
    assert getattr(ended, "effective_at", None) == tried.now
    stopped = {"p1": 0.0} if kind is PauseTrial else {}
    assert tried.shares() == stopped
    assert tried.shares(NOON + 2 * HOUR) == {**stopped, "p2": 0.2}
    assert tried.head().effective_at == NOON + 2 * HOUR


def test_a_trial_that_waits_for_its_boundary_can_be_taken_back_before_anybody_follows_it(scene: Scene) -> None:
    scene.on_trial(change("p1"))
    assert names(scene.take(order(RollBackTrial, actor=HEAD))) == ["TrialRolledBack"]
    assert scene.in_force().number == 1
    scene.tick()
    assert scene.shares() == {}


def test_harm_that_a_holdout_shows_takes_the_adopted_change_back_at_once(tried: Scene) -> None:
    tried.take(order(AdoptTrial))
    tried.tick()
    assert tried.minutes("lamp") == "120"
    tried.take(order(RollBackTrial))
    assert (tried.minutes("lamp"), tried.shares(), tried["p1"].state) == ("240", {}, "rolled_back")


def test_an_adoption_that_waits_for_its_boundary_is_taken_back_before_it_comes(tried: Scene) -> None:
    tried.take(order(AdoptTrial))
    tried.take(order(RollBackTrial))
    assert tried.shares() == {}
    tried.tick()
    assert (tried.minutes("lamp"), tried.shares()) == ("240", {})


def test_only_the_loop_that_watches_trials_and_people_of_the_layer_give_orders(tried: Scene) -> None:
    assert code(tried.take(order(StepTrial, actor=MISROUTING))) == "principal_not_allowed"
    assert code(tried.take(order(StepTrial, actor=AUTHOR))) == "role_not_allowed"
    assert code(tried.take(order(StepTrial, actor=SOUTH))) == "other_scope"
    assert code(tried.take(order(ResumeTrial, actor=WATCHER))) == "role_not_allowed"
    assert code(tried.take(order(EndTrial, actor=HEAD, reason=""))) == "nothing_said"
    assert code(tried.take(order(EndTrial, "p9"))) == "no_such_proposal"
    assert names(tried.take(order(EndTrial, actor=HEAD))) == ["TrialEnded"]
    assert code(tried.take(order(EndTrial))) == "no_trial"


def test_a_trial_over_its_longest_time_that_nobody_ends_is_ended_one_tick_later(tried: Scene) -> None:
    tried.tick(40 * 24 - 2)
    assert "TrialEnded" not in names(tried.tick())
    assert "TrialEnded" not in names(tried.tick())
    ended = next(e for e in tried.tick() if isinstance(e, TrialEnded))
    assert (ended.actor, ended.reason) == ("rules", "longest_days")
    assert (tried["p1"].state, tried.minutes("lamp"), tried.shares()) == ("inconclusive", "240", {})


def test_a_corrected_clock_brings_a_trial_forward_with_the_time_of_its_start(scene: Scene) -> None:
    scene.on_trial(change("p1"))
    right = NOON - 3 * HOUR
    scene.state = replace(scene.state, tick=Tick(right - HOUR, right))
    scene.now = right + HOUR / 4
    scene.take(TimeCorrected(wrong_until=NOON, until=right, reason="ahead", actor=HEAD))
    (plan,) = scene.head().trials
    assert (scene.head().effective_at, plan.started_at) == (right + HOUR, right + HOUR)


def test_the_record_of_all_that_holds(tried: Scene) -> None:
    tried.take(order(StepTrial))
    tried.take(order(PauseTrial, actor=HEAD))
    tried.take(order(RollBackTrial, actor=HEAD))
    tried.tick()
    assert tried.verifies()
    assert "rules.trial.rolled_back" in [step.step for step in tried.chain]


def test_a_change_that_waits_for_its_trial_is_taken_back_by_its_author_or_by_whoever_may_decide(scene: Scene) -> None:
    scene.on_trial(
        change("p1"), change("p2", "lamp", "hole", minutes=130), change("p3", "hole"),
        change("p4", "hole", "tree", minutes=140),
    )  # fmt: skip
    assert [scene[name].state for name in ("p1", "p2", "p3", "p4")] == ["on_trial", *["accepted"] * 3]
    assert code(scene.take(WithdrawProposal(actor=SOUTH, proposal_id="p2", reason="mine"))) == "other_scope"
    assert names(scene.take(WithdrawProposal(actor=HEAD, proposal_id="p2", reason="too much"))) == [
        "ProposalWithdrawn", "TrialStarted", "TrialWaits",
    ]  # fmt: skip
    assert names(scene.take(WithdrawProposal(actor=AUTHOR, proposal_id="p4"))) == ["ProposalWithdrawn"]
    assert code(scene.take(WithdrawProposal(actor=AUTHOR, proposal_id="p3"))) == "proposal_settled"
    assert scene.verifies()


@pytest.mark.parametrize(
    "order",
    [yes("p1"), PauseTrial(actor=HEAD, proposal_id="p1", reason="stop")],
    ids=lambda order: type(order).__name__,
)
def test_the_service_that_hears_the_argument_proposes_amendments_and_orders_nothing(order: Command) -> None:
    scene = begun(world())
    scene.take(change("p1"))
    before = scene.state
    refused = decide(before, Incoming("id", scene.now, order, "deliberation"), Federation())
    assert [e.event.code for e in refused.events if isinstance(e.event, RulesCommandRefused)] == [
        "principal_not_allowed"
    ]  # fmt: skip
    amended = decide(before, Incoming("id", scene.now, change("p2"), "deliberation"), Federation())
    assert amended.state.proposals["p2"].state == "checked"


def test_two_new_rows_that_ask_for_the_same_are_one_row_whatever_they_are_called(scene: Scene) -> None:
    def added(name: str, row_id: str, category: str) -> ProposeChange:
        row = RowChange(op="add", row_id=row_id, after=deadline(category, 100), at=0)
        return proposal(name, "deadline", [row])

    scene.on_trial(added("p1", "mine", "flood"), added("p2", "yours", "flood"), added("p3", "else", "storm"))
    assert [scene[name].state for name in ("p1", "p2", "p3")] == ["on_trial", "accepted", "on_trial"]
    assert scene["p2"].behind == ("p1",)
