"""The study of trials plants what a change does, and sees what the loop makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from laboratory.study import section
from laboratory.subject import Source, Subject
from laboratory.trial.planting import HARMFUL, HELPFUL, NO_FAULT, closed_with_change
from laboratory.trial.study import TrialStudy

from tests.conftest import ROOT

BOSTON = ROOT / "deploy/federations/boston"
T, DAY = datetime(2011, 9, 1, tzinfo=UTC), timedelta(days=1)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    whole = Source(BOSTON / "log/boston_2011_h2.csv.gz", BOSTON, "America/New_York").subject(scratch)
    return Subject(whole.federation, whole.cases[:24_000], whole.learnt_until, whole.without_place)


def test_harm_is_taken_back_and_a_change_that_does_nothing_is_neither_taken_back_nor_adopted(subject: Subject) -> None:
    study = TrialStudy()
    found = section(study, {s.name: [study.run(subject, s, 1)] for s in (HARMFUL, NO_FAULT)})["scenarios"]
    print("seed 1:", {name: {k: v for k, v in told.items() if k != "words"} for name, told in found.items()})
    assert found["harmful_change"]["rolled_back"]["value"] >= 0.4
    assert found["no_fault"]["rolled_back"]["value"] == 0
    assert found["no_fault"]["adopted"]["value"] == 0


def test_a_run_is_the_same_for_the_same_seed(subject: Subject) -> None:
    few = Subject(subject.federation, subject.cases[:4_000], subject.learnt_until, subject.without_place)
    study = TrialStudy()
    assert study.run(few, HARMFUL, 2) == study.run(few, HARMFUL, 2)


def test_harm_falls_on_cases_in_time_and_help_on_late_ones() -> None:
    due, random = T + 10 * DAY, Random(1)
    in_time, late = T + 2 * DAY, T + 20 * DAY
    harmed = [closed_with_change("harmful_change", T, due, in_time, random) for _ in range(1_000)]
    assert 150 < sum(closed == due + DAY for closed in harmed) < 250
    assert {closed_with_change("harmful_change", T, due, late, random) for _ in range(100)} == {late}
    helped = [closed_with_change(HELPFUL.name, T, due, None, random) for _ in range(1_000)]
    assert 450 < sum(closed == T + 5 * DAY for closed in helped) < 550
    assert {closed_with_change("no_fault", T, due, late, random) for _ in range(100)} == {late}
