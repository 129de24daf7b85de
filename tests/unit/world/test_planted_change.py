"""The harmful change of a replay: a proposal like any other, its course told from events, and known only here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from common.contracts.events import region, rules
from common.contracts.events.base import Event
from common.contracts.patch import Patch
from common.contracts.rights import denial
from common.contracts.trial import ArmDrawn
from common.rulebook.examination import Fit, examine
from common.rulebook.references import names_of
from world.desks import DeskOrder
from world.ground_truth import Truth
from world.plan import PlantedChange
from world.planted_change import NotPlanted, PlantedCourse, in_words, proposal_of
from world.report import Ledger

ROOT = Path(__file__).parents[3]
BOSTON = ROOT / "deploy" / "federations" / "boston"
FIRST = datetime(2011, 7, 1, 5, tzinfo=UTC)
LAST = FIRST + timedelta(days=60)
TRIED = FIRST + timedelta(days=18)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.load(BOSTON)


@pytest.fixture(scope="module")
def change(truth: Truth) -> PlantedChange:
    assert truth.log.planted_change is not None
    return truth.log.planted_change


def proposed(truth: Truth, change: PlantedChange) -> tuple[DeskOrder, rules.ProposeChange]:
    found = proposal_of(change, truth.federation, 1, FIRST, LAST)
    assert isinstance(found, DeskOrder)
    assert isinstance(found.command, rules.ProposeChange)
    return found, found.command


def test_the_region_s_operator_proposes_it_in_working_hours_and_may(truth: Truth, change: PlantedChange) -> None:
    order, said = proposed(truth, change)
    assert timedelta(days=change.after_days) <= order.at - FIRST < timedelta(days=change.after_days + 5)
    calendar = truth.federation.calendar(change.region)
    assert calendar.minutes_between(order.at, order.at + timedelta(hours=1)) == 60
    assert (said.actor.id, said.loop, said.synthetic) == (f"operator:{change.region}", None, True)
    assert denial(truth.federation, said.actor, type(said), region=change.region) is None


def test_the_patch_fits_and_sends_the_category_of_every_area_elsewhere(truth: Truth, change: PlantedChange) -> None:
    _, said = proposed(truth, change)
    heads = {release.layer: release for release in truth.federation.base_releases()}
    found = examine(said.patch, heads, names_of(truth.federation))
    assert isinstance(found, Fit)
    assert not found.findings
    [row] = said.patch.changes
    assert row.after == {"category": f'"{change.category}"', "area": "", "authority": f'"{change.wrong}"'}


def test_nothing_in_the_proposal_says_that_it_does_harm(truth: Truth, change: PlantedChange) -> None:
    _, said = proposed(truth, change)
    assert not any(word in said.model_dump_json().lower() for word in ("harm", "wrong", "planted"))


def test_a_replay_that_is_too_short_for_its_trial_plants_none_and_says_so(truth: Truth, change: PlantedChange) -> None:
    short = proposal_of(change, truth.federation, 1, FIRST, FIRST + timedelta(days=change.after_days + 20))
    assert isinstance(short, NotPlanted)
    assert list(in_words(Ledger(planted_change=short).report({}, ())["planted_change"])) == [
        "no harmful change was planted: the replay is too short: it takes some 36 days"
    ]


def test_a_federation_without_one_reports_none() -> None:
    assert Truth.load(ROOT / "tests" / "federation").log.planted_change is None
    assert Ledger().report({}, ())["planted_change"] is None


def case(number: int, authority: str, arm: str | None, **more: Any) -> region.CaseOpened:
    drawn = {
        "proposal_id": "p", "table": "jurisdiction", "unit": "case", "unit_id": str(number), "arm": arm,
        "probability": 0.2, "salt": "s",
    }  # fmt: skip
    told: dict[str, Any] = {
        "case_id": f"c{number}", "message_id": f"m{number}", "reference": f"r{number}", "citizen": "citizen",
        "region": "west", "state": "accepted", "authority": authority, "area": "04", "category": "x", "priority": 1,
        "channel": "web", "received_at": TRIED, "due_at": TRIED, "release": "national:1", "text": "t",
        "actor": "routing", "arms": [] if arm is None else [ArmDrawn.model_validate(drawn)],
    }  # fmt: skip
    return region.CaseOpened.model_validate(told | more)


def course(change: PlantedChange, *events: Event, true_authority: str | None = None) -> PlantedCourse:
    found = PlantedCourse(change, "p", "operator:west")
    for number, event in enumerate(events):
        found.note(event, TRIED + timedelta(hours=number), true_authority or change.right)
    return found


def released(kind: type[rules.ProposalReleased], **more: Any) -> Event:
    return kind.model_validate({"proposal_id": "p", "layer": "west", "number": 2, "effective_at": TRIED, **more})


def rolled_back(with_it: int) -> Event:
    numbers = {"candidate_outcomes": with_it, "current_outcomes": 40}
    return released(rules.TrialRolledBack, actor="trial", reason="It does harm.", guard="transferred", numbers=numbers)


def test_the_report_counts_who_followed_it_and_tells_why_it_was_rolled_back(change: PlantedChange) -> None:
    followed = [case(n, change.wrong, "candidate") for n in range(3)]
    others = [case(10, change.right, "current"), case(11, change.wrong, None)]
    found = course(change, *followed, *others, rolled_back(7)).report()
    assert (found["cases_followed"], found["cases_misrouted"]) == (3, 3)
    assert (found["outcome"], found["ever_adopted"], found["guard"]) == ("rolled back", False, "transferred")
    words = "\n".join(in_words(found))
    assert "why it ended: It does harm." in words
    assert "7 with it, 40 without it; these are few" in words


def test_many_cases_are_not_called_few(change: PlantedChange) -> None:
    assert not course(change, rolled_back(30)).report()["few_cases"]


def test_cases_that_follow_it_after_its_adoption_count_by_the_row_that_gave_them(change: PlantedChange) -> None:
    adopted = released(rules.ProposalAdopted)
    row = {"layer": "west", "number": 2, "table": "jurisdiction", "row_id": f"{change.category}@{change.wrong}"}
    found = course(change, adopted, case(1, change.wrong, None, because=[row])).report()
    assert (found["ever_adopted"], found["cases_followed"]) == (True, 1)


def test_another_proposal_s_steps_are_not_its_own(change: PlantedChange) -> None:
    other = rules.ProposalRejected(proposal_id="q", actor="head:west", reason="no")
    assert course(change, other).report()["outcome"] == "not heard of"


def test_a_refusal_by_the_machine_is_told(change: PlantedChange) -> None:
    patch = Patch(layer="west", base_number=1, table="jurisdiction", changes=())
    checked = rules.ProposalChecked(
        proposal_id="p", title="t", words="w", patch=patch, reversal=patch, actor="operator:west"
    )
    refused = rules.ProposalRefused(proposal_id="p", actor="operator:west", reason="it names nobody")
    assert course(change, checked).report()["outcome"] == "proposed"
    assert "why it ended: it names nobody" in "\n".join(in_words(course(change, refused).report()))
