"""The study of duplicates plants which pairs are the same, and sees what the loop makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from laboratory.duplicates.planting import NEAR, NO_FAULT, TRUTHS, Truth
from laboratory.duplicates.study import DuplicatesStudy
from laboratory.study import section
from laboratory.subject import Source, Subject

from tests.conftest import ROOT

BOSTON = ROOT / "deploy/federations/boston"


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    whole = Source(BOSTON / "log/boston_2011_h2.csv.gz", BOSTON, "America/New_York").subject(scratch)
    return Subject(whole.federation, whole.cases[:12_000], whole.learnt_until, whole.without_place)


def test_where_only_near_pairs_are_the_same_refusals_are_spared_and_few_true_pairs_lost(subject: Subject) -> None:
    study = DuplicatesStudy()
    found = section(study, {s.name: [study.run(subject, s, 1)] for s in (NEAR, NO_FAULT)})["scenarios"]
    print({name: {k: v for k, v in told.items() if k != "words"} for name, told in found.items()})
    assert found["only_near"]["spared"]["value"] > found["only_near"]["lost"]["value"]
    assert found["no_fault"]["proposals"]["value"] <= 1


def test_every_scenario_has_a_truth() -> None:
    study = DuplicatesStudy()
    assert {s.name for s in (*study.scenarios, *study.always)} == TRUTHS.keys()
    assert Truth(metres=40, inside=0.9, outside=0.1).chance(41, 0) == 0.1
    assert Truth(hours=1, inside=0.9, outside=0.1).chance(5, 60) == 0.9
