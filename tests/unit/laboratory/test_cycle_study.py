"""The study of the whole cycle: rules, deliberation, people, trials and loops of one run, in a small town and apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from common.contracts.events.archive import BacktestCounts, ProposalBacktested
from common.contracts.events.deliberation import DeliberationClosed
from common.contracts.events.rules import ProposalChecked
from common.contracts.patch import Patch
from laboratory.cycle import policies
from laboratory.cycle.driving import Cycle
from laboratory.cycle.handling import Handled
from laboratory.cycle.hearing import Hearing
from laboratory.cycle.judging import ALL, counted
from laboratory.cycle.people import leaning
from laboratory.cycle.planting import NO_FAULT, RECIPES, SHUFFLED, world_of
from laboratory.cycle.study import CycleStudy
from laboratory.misrouting.faults.fault import Moved
from laboratory.page import page
from laboratory.study import section
from laboratory.subject import Source, Subject

from tests.unit.laboratory.logs import write_log

pytestmark = pytest.mark.xdist_group("laboratory-cycle")
SCENARIOS = {scenario.name: scenario for scenario in (*RECIPES, NO_FAULT, SHUFFLED)}
T, DAY = datetime(2021, 6, 1, tzinfo=UTC), timedelta(days=1)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    return Source(write_log(scratch / "town.csv"), None, "UTC").subject(scratch)


@pytest.fixture(scope="module")
def told(town: Subject) -> dict[str, Any]:
    study = CycleStudy()
    names = ("mixed", "harmful_change", "idle_change", "no_fault")
    return section(study, {name: [study.run(town, SCENARIOS[name], 1)] for name in names})


def values(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v["value"] if isinstance(v, dict) and "value" in v else v for k, v in told["scenarios"][name].items()}


def test_wrong_rules_are_proposed_tried_and_adopted_and_more_cases_go_right(told: dict[str, Any]) -> None:
    mixed = values(told, "mixed")
    print("seed 1:", mixed)
    assert mixed["covered"] > 15
    assert mixed["tried"] >= mixed["adopted"] >= 1
    assert mixed["points"] > 5
    assert mixed["good_nobody"] < mixed["good"] < mixed["good_oracle"]
    assert mixed["worst_area"] >= 0
    assert mixed["days_to_proposal"] < mixed["days_to_adoption"]
    assert 0 < sum(mixed["lost"].values()) <= 1.01


def test_a_harmful_change_that_people_accept_is_rolled_back_by_its_trial(told: dict[str, Any]) -> None:
    (harm,) = values(told, "harmful_change")["harm"]
    print("seed 1:", harm)
    assert harm["stage"] == "rolled back"
    assert 0 < harm["bad"] == harm["cases"] < 40
    assert values(told, "harmful_change")["points"] < 0


def test_a_change_that_does_nothing_is_not_adopted(told: dict[str, Any]) -> None:
    (idle,) = values(told, "idle_change")["harm"]
    print("seed 1:", idle)
    assert idle["stage"] == "without a result"
    assert values(told, "idle_change")["harm_adopted"] == 0


def test_where_nothing_is_planted_nothing_is_adopted_and_nobody_is_worse_off(told: dict[str, Any]) -> None:
    quiet = values(told, "no_fault")
    assert quiet["adopted"] == 0
    assert quiet["points"] == 0
    assert quiet["worst_off"]["area"]["points"] == 0


def test_the_page_names_every_scenario_and_loads_nothing(told: dict[str, Any], town: Subject) -> None:
    report = {
        "complete": True, "log": "town.csv", "remarks": [], "federation": "learnt", "learnt_until": None,
        "replayed_from": "2021-05-01", "replayed_until": "2021-08-01", "cases": len(town.cases),
        "cases_left_out_without_place": 0, "seeds": [1], "failed": [], "loops": {"cycle": told},
    }  # fmt: skip
    text = page(report)
    assert all(f">{name}<" in text for name in told["scenarios"])
    assert "rolled back" in text
    assert "http://" not in text
    assert "https://" not in text


def test_a_run_is_the_same_for_the_same_seed(town: Subject) -> None:
    def lives() -> list[tuple[str, str, list[tuple[datetime, str, str]]]]:
        world = world_of(town, SCENARIOS["brigading"], 2)
        run = Cycle(town.federation, world, policies.loops, 2).drive()
        return [(life.author, life.title, life.steps) for life in run.lives.values()]

    assert lives() == lives() != []


def test_what_loops_propose_survives_a_brigade_and_ends_as_true_people_say(town: Subject) -> None:
    world = world_of(town, SCENARIOS["brigading"], 1)
    run = Cycle(town.federation, world, policies.loops, 1).drive()
    by_loops = [life for life in run.lives.values() if life.author != "regional_head"]
    argued = [life for life in by_loops if life.came_to("in deliberation")]
    print("seed 1:", [(life.author, life.title, life.stage) for life in by_loops])
    assert any(life.came_to("accepted") for life in argued)


def test_a_rival_that_takes_back_what_was_adopted_must_wait_and_then_convince_people(town: Subject) -> None:
    world = world_of(town, SCENARIOS["rival_loops"], 1)
    run = Cycle(town.federation, world, policies.with_a_rival, 1).drive()
    rival = [life for life in run.lives.values() if life.author == "rival"]
    print("seed 1:", [(life.made_at, life.steps) for life in rival])
    assert rival[0].steps[-1][1:] == ("held back", "row_settles")
    assert any(life.came_to("checked") for life in rival)
    assert not any(life.came_to("adopted") for life in rival)


def handled(number: int, **changed: Any) -> Handled:
    given: dict[str, Any] = {
        "case_id": str(number), "type": "Pothole", "at": T, "cell": ("pothole", "1"), "region": "north",
        "channel": "web", "given_to": "roads", "lies_with": "roads", "really": "roads", "joined": False,
        "release": "national:1", "tried": False, "due": T + 2 * DAY, "due_at_start": T + 2 * DAY, "takes": DAY,
        "answered": T + DAY,
    }  # fmt: skip
    return Handled(**{**given, **changed})


def test_a_longer_limit_is_no_gain_by_the_deadline_of_the_first_day() -> None:
    late = handled(1, answered=T + 5 * DAY, due=T + 9 * DAY)
    found = counted([late, handled(2)], T + 30 * DAY)[ALL]
    assert (found.cases, found.good, found.good_as_promised) == (2, 1, 2)


def test_a_case_due_after_the_end_or_joined_to_another_is_not_counted() -> None:
    cases = [handled(1, due_at_start=T + 40 * DAY), handled(2, joined=True), handled(3)]
    assert counted(cases, T + 30 * DAY)[ALL].cases == 1


def test_who_knows_a_fault_loses_no_time_by_handing_on_but_gives_the_old_owners_cases_wrong() -> None:
    fault = Moved(("pothole", "1"), "roads", "lights", T)
    handed_on = handled(1, really="lights", lies_with="lights", answered=T + 3 * DAY)
    found = counted([handed_on, handled(2)], T + 30 * DAY, {fault.cell: fault})[ALL]
    assert (found.cases, found.right, found.good) == (2, 1, 1)
    assert counted([handed_on, handled(2)], T + 30 * DAY)[ALL].good == 1


@pytest.mark.parametrize(
    ("evidence", "backtest", "expected"),
    [
        ({"wins": 9, "losses": 2}, {}, "for"),
        ({"wins": 2, "losses": 9}, {}, "against"),
        ({"limit": 100, "proposed": 60}, {}, "for"),
        ({"limit": 60, "proposed": 100}, {}, "open"),
        ({}, {"verdict": "known", "known": 50, "total": BacktestCounts(moved=50, saved=3)}, "against"),
        ({}, {"verdict": "known", "known": 50, "total": BacktestCounts(moved=50, saved=40)}, "for"),
        ({}, {}, "open"),
    ],
)
def test_people_go_by_the_figures_that_they_see(
    evidence: dict[str, Any], backtest: dict[str, Any], expected: str
) -> None:
    patch = Patch(layer="north", base_number=1, table="jurisdiction", changes=())
    checked = ProposalChecked(
        proposal_id="p", title="p", words="", patch=patch, reversal=patch, actor="misrouting", evidence=evidence
    )
    seen = ProposalBacktested(**{"proposal_id": "p", "verdict": "too_little_known", "as_of": T, **backtest})
    assert leaning(checked, seen) == expected


def test_a_decision_leaves_out_voices_of_a_burst() -> None:
    def voice(name: str, stance: str, at: datetime) -> Any:
        return SimpleNamespace(voice_id=name, stance=stance, given_at=at, channel="web")

    voices = {f"false-{n}": voice(f"false-{n}", "object", T + DAY) for n in range(40)}
    voices |= {f"true-{n}": voice(f"true-{n}", "support", T) for n in range(3)}
    speakers = {name: SimpleNamespace(voice_id=name, side=v.stance) for name, v in voices.items()}
    hearing = Hearing(SimpleNamespace(), speakers, voices)  # type: ignore[arg-type]
    burst = {"source": "web", "since": T + DAY, "until": T + DAY + timedelta(minutes=1), "voices": 40}
    closed = DeliberationClosed.model_validate(
        {"proposal_id": "p", "outcome": "may_be_decided", "reason": "supported", "bursts": [burst], "closed_at": T}
    )
    assert hearing.sides() == {"object": 40, "support": 3}
    assert hearing.sides(without=closed) == {"support": 3}
