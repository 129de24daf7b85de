"""The study of classification plants what words mean, and sees what the loop makes of people's answers."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from laboratory.classification.planting import CHANGED, NO_FAULT, RENAMED, plant
from laboratory.classification.study import ClassificationStudy
from laboratory.study import section
from laboratory.subject import Source, Subject

from tests.conftest import ROOT

BOSTON = ROOT / "deploy/federations/boston"


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    scratch: Path = tmp_path_factory.mktemp("scratch")
    whole = Source(BOSTON / "log/boston_2011_h2.csv.gz", BOSTON, "America/New_York").subject(scratch)
    return Subject(whole.federation, whole.cases[:9_000], whole.learnt_until, whole.without_place)


def test_new_words_are_found_and_without_a_fault_nothing_is_proposed(subject: Subject) -> None:
    study = ClassificationStudy()
    found = section(study, {s.name: [study.run(subject, s, 1)] for s in (RENAMED, NO_FAULT)})["scenarios"]
    print("seed 1:", {name: {k: v for k, v in told.items() if k != "words"} for name, told in found.items()})
    assert found["new_word"]["recall"]["value"] >= 0.8
    assert found["new_word"]["spared"]["value"] > 0.5
    assert found["new_word"]["wrong"]["value"] == 0
    assert found["no_fault"]["wrong"]["value"] == 0


def test_words_mean_what_is_planted_from_then_on(subject: Subject) -> None:
    cases = [case for case in subject.cases if case.cell is not None]
    changed, renamed, none = (plant(s.name, cases, Random(3)) for s in (CHANGED, RENAMED, NO_FAULT))
    assert (len(changed.meant), len(renamed.meant), len(none.meant)) == (5, 5, 0)
    before, after = cases[: len(cases) // 3], cases[len(cases) // 3 :]
    assert all(truth.meaning(c) == c.cell[0] for truth in (changed, renamed, none) for c in before if c.cell)
    assert {changed.meaning(c) for c in after if c.type in changed.meant} == set(changed.meant.values())
    assert all(changed.word(c) == c.type and renamed.meaning(c) == c.cell[0] for c in after if c.cell)
    assert {renamed.word(c) for c in after} >= renamed.meant.keys()


def test_a_log_with_few_categories_gets_fewer_planted_words(subject: Subject) -> None:
    cases = [case for case in subject.cases if case.cell is not None]
    types = sorted({case.type for case in cases})
    three, one = ([case for case in cases if case.type in types[:n]] for n in (3, 1))
    assert (len(plant(CHANGED.name, three, Random(3)).meant), len(plant(RENAMED.name, three, Random(3)).meant)) == (
        3,
        3,
    )
    assert plant(CHANGED.name, one, Random(3)).meant == {}
