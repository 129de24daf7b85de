"""Which trials run beside each other at one office, and by how many cases a change is tried."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.contracts.events.archive import BacktestCounts, ProposalBacktested
from common.contracts.events.base import Event
from common.contracts.events.rules import EndTrial, PauseTrial, ProposeChange, TrialForeseen, TrialStarted, TrialWaits
from common.contracts.patch import RowChange
from common.rulebook.jdm import document_of

from tests.unit.rules.scene import DAY, NOON, TRIAL, WATCHER, Scene, begun, names, proposal, reroute, route, world, yes

TEN_DAYS = timedelta(days=10)


def scene_of(beside: str = "10") -> Scene:
    return begun(world(cases_beside=beside))


def backtested(name: str, cases: int, **more: object) -> ProposalBacktested:
    """A backtest over ten days."""
    given = {"verdict": "known", "as_of": NOON, "since": NOON - TEN_DAYS, "total": BacktestCounts(changed=cases)}
    return ProposalBacktested(proposal_id=name, **{**given, **more})  # type: ignore[arg-type]


def accepted(scene: Scene, given: ProposeChange, cases_a_day: int | None) -> list[Event]:
    """What follows its acceptance, after a backtest."""
    scene.take(given)
    if cases_a_day is not None:
        scene.take(backtested(given.proposal_id, 10 * cases_a_day))
    return scene.take(yes(given.proposal_id))


def test_trials_of_one_office_that_concern_few_other_cases_run_beside_each_other() -> None:
    scene = scene_of()
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 4)
    assert names(accepted(scene, reroute("p2", "hole", "yard-ice"), 6)) == ["ProposalAccepted", "TrialStarted"]
    scene.tick()
    assert scene.shares() == {"p1": 0.2, "p2": 0.2}


def test_one_more_that_would_make_them_too_many_waits_for_all_of_them() -> None:
    scene = scene_of()
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 4)
    accepted(scene, reroute("p2", "hole", "yard-ice"), 5)
    assert accepted(scene, reroute("p3", "tree", "yard-ice"), 2)[1:] == [
        TrialWaits(proposal_id="p3", behind=("p1", "p2"))
    ]
    said = scene.take(EndTrial(actor=WATCHER, proposal_id="p1", reason="Neither gain nor harm", numbers={}))
    assert names(said) == ["TrialEnded", "TrialStarted"]


def test_a_large_change_is_tried_alone_and_what_came_later_does_not_overtake_it() -> None:
    scene = scene_of()
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 1)
    assert accepted(scene, reroute("p2", "hole", "yard-ice"), 30)[1:] == [TrialWaits(proposal_id="p2", behind=("p1",))]
    late = TrialWaits(proposal_id="p3", behind=("p1", "p2"))
    assert accepted(scene, reroute("p3", "tree", "yard-ice"), 1)[1:] == [late]
    said = scene.take(EndTrial(actor=WATCHER, proposal_id="p1", reason="Neither gain nor harm", numbers={}))
    assert names(said) == ["TrialEnded", "TrialStarted", "TrialWaits"]
    assert (scene["p2"].state, scene["p3"].state) == ("on_trial", "accepted")


@pytest.mark.parametrize("beside", ["0", "10"])
def test_of_what_was_not_backtested_nobody_knows_that_it_concerns_few(beside: str) -> None:
    scene = scene_of(beside)
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 1)
    behind = TrialWaits(proposal_id="p2", behind=("p1",))
    assert accepted(scene, reroute("p2", "hole", "yard-ice"), None)[1:] == [behind]


def test_what_was_accepted_before_its_backtest_starts_at_the_tick_at_which_that_says_how_few_it_concerns() -> None:
    scene = scene_of()
    few = {**TRIAL, "table": '"jurisdiction"', "cases_a_day": "<= 5", "cases_beside": "10"}
    many = {**few, "cases_a_day": "", "cases_beside": "0"}
    rows = document_of("trial", [("few", few), ("many", many)])
    scene.state.heads["national"].tables["trial"] = rows
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 1)
    accepted(scene, reroute("p2", "hole", "yard-ice"), None)
    assert scene["p2"].state == "accepted"
    scene.take(backtested("p2", 10))
    scene.tick()
    assert scene["p2"].state == "on_trial"


def test_where_the_table_allows_none_beside_it_an_office_has_one_trial() -> None:
    scene = scene_of("0")
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 1)
    behind = TrialWaits(proposal_id="p2", behind=("p1",))
    assert accepted(scene, reroute("p2", "hole", "yard-ice"), 1)[1:] == [behind]


def test_trials_never_share_a_case_however_few_they_concern() -> None:
    scene = scene_of()
    accepted(scene, reroute("p1", "lamp", "yard-ice"), 1)
    row = {**route("lamp", "yard-tree"), "area": '"01"'}
    narrow = proposal("p2", "jurisdiction", [RowChange(op="add", row_id="lamp-01", after=row, at=0)])
    assert accepted(scene, narrow, 1)[1:] == [TrialWaits(proposal_id="p2", behind=("p1",))]
    other = {**row, "category": '"hole"'}
    apart = proposal("p3", "jurisdiction", [RowChange(op="add", row_id="hole-01", after=other, at=0)])
    # The office is that of a trial which waits, and of few cases.
    assert names(accepted(scene, apart, 1)) == ["ProposalAccepted", "TrialStarted"]


@pytest.mark.parametrize(("cases", "starts"), [(10, True), (9, False), (None, False)])
def test_a_change_starts_beside_narrower_trials_that_say_otherwise_where_these_leave_it_nearly_all_its_cases(
    cases: int | None, starts: bool
) -> None:
    scene = scene_of("100")
    for number, area in enumerate(("01", "02"), 1):
        row = {**route("lamp", "yard-tree"), "area": f'"{area}"'}
        given = proposal(f"p{number}", "jurisdiction", [RowChange(op="add", row_id=f"lamp-{area}", after=row, at=0)])
        assert names(accepted(scene, given, 1)) == ["ProposalAccepted", "TrialStarted"]
    begun_or_waits = accepted(scene, reroute("wide", "lamp", "yard-ice"), cases)[1]
    scene.tick()
    if starts:
        assert isinstance(begun_or_waits, TrialStarted)
        # In this order: a case that two concern is of the first.
        assert list(scene.shares()) == ["p1", "p2", "wide"]
        scene.take(PauseTrial(actor=WATCHER, proposal_id="p1", reason="It is looked at"))
        assert list(scene.shares()) == ["p1", "p2", "wide"]
    else:
        assert begun_or_waits == TrialWaits(proposal_id="wide", behind=("p1", "p2"))


def test_two_changes_of_one_row_are_never_tried_beside_each_other() -> None:
    scene = scene_of("100")
    accepted(scene, reroute("p1", "lamp", "yard-tree"), 1)
    assert accepted(scene, reroute("p2", "lamp", "yard-ice"), 50)[1:] == [TrialWaits(proposal_id="p2", behind=("p1",))]


@pytest.mark.parametrize(
    ("cases", "share"), [(0, 0.5), (4, 0.5), (6, 0.2)], ids=["none", "few", "more"]
)  # fmt: skip
def test_a_change_begins_with_the_share_that_the_table_gives_to_so_many_cases_a_day(cases: int, share: float) -> None:
    scene = scene_of()
    rows = {"few": {"cases_a_day": "<= 0.5", "steps": '"50 100"'}, "all": {}}
    routes = [(name, {**TRIAL, "table": '"jurisdiction"', **cells}) for name, cells in rows.items()]
    scene.state.heads["national"].tables["trial"] = document_of("trial", routes)
    scene.take(reroute("p1", "lamp", "yard-ice"))
    # Evidence is what the change is about, too.
    scene.take(backtested("p1", cases, left_out=1))
    (_, started) = scene.take(yes("p1"))
    assert isinstance(started, TrialStarted)
    assert started.plan.share == share


def test_a_trial_that_can_hardly_come_to_a_result_is_said_to_before_anybody_decides() -> None:
    def said(cases: int, **more: object) -> list[Event]:
        scene = begun(world(longest_days="40", least_outcomes="5", steps='"20 50 100"'))
        scene.take(reroute("p1", "lamp", "yard-ice"))
        found = scene.take(backtested("p1", cases, **more))
        assert scene.verifies()
        return found

    assert said(2) == [TrialForeseen(proposal_id="p1", cases=8, least_outcomes=5, longest_days=40)]
    assert said(3) == []
    assert said(0, verdict="not_replayable") == []
    assert begun(world(tried=False)).take(backtested("p1", 2)) == []


def test_of_what_is_decided_already_no_trial_is_foreseen() -> None:
    scene = begun(world())
    scene.on_trial(reroute("p1", "lamp", "yard-ice"))
    assert scene.take(backtested("p1", 1)) == []


@pytest.mark.parametrize(
    "untold", [{"verdict": "not_replayable"}, {"since": None}, {"unasked": ("triage",)}], ids=lambda u: next(iter(u))
)  # fmt: skip
def test_what_a_backtest_cannot_tell_counts_as_very_many(untold: dict[str, object]) -> None:
    scene = scene_of()
    scene.take(reroute("p1", "lamp", "yard-ice"))
    scene.take(backtested("p1", 1, **untold))
    assert scene["p1"].cases_a_day is None


def test_a_busy_first_day_is_no_pace() -> None:
    scene = scene_of()
    scene.take(reroute("p1", "lamp", "yard-ice"))
    scene.take(backtested("p1", 14, since=NOON - DAY))
    assert scene["p1"].cases_a_day == 2
