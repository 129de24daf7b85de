"""The study of evaluation plants what changes do, and sees what the loop makes of them at their review."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from laboratory.evaluation.planting import HARMFUL, NO_FAULT, RIGHT, SHUFFLED, Effect
from laboratory.evaluation.study import EvaluationStudy
from laboratory.study import section
from laboratory.subject import Source, Subject

from tests.conftest import ROOT

BOSTON = ROOT / "deploy/federations/boston"


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    return Source(BOSTON / "log/boston_2011_h2.csv.gz", BOSTON, "America/New_York").subject(scratch)


def test_harmful_changes_are_taken_back_and_right_ones_are_not_and_budgets_follow_precision(subject: Subject) -> None:
    study = EvaluationStudy()
    found = section(study, {HARMFUL.name: [study.run(subject, HARMFUL, 1)]})["scenarios"]["harmful_changes"]
    print("seed 1:", {name: told for name, told in found.items() if name != "words"})
    assert found["taken_back"]["value"] >= 0.5
    assert found["wrongly"]["value"] == 0
    assert found["budget_bad"]["value"] < found["budget_good"]["value"]


def test_each_scenario_says_how_often_authors_are_right_and_a_case_shows_what_its_change_does() -> None:
    study, random = EvaluationStudy(), Random(1)
    assert (
        {s.name for s in (*study.scenarios, *study.always)}
        == RIGHT.keys()
        == {HARMFUL.name, NO_FAULT.name, SHUFFLED.name}
    )
    assert {Effect(right=True).of_a_case(random) for _ in range(99)} == {0, 1}
    assert {Effect(right=False).of_a_case(random) for _ in range(99)} == {0, -1}
    assert {Effect(right=True, idle=True).of_a_case(random) for _ in range(99)} == {-1, 0, 1}
