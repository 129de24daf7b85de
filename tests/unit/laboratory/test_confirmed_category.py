"""A category that people confirm in triage has a wrong rule: the laboratory plants it, and the loop finds it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from laboratory.misrouting.planting import CONFIRMED_CATEGORY
from laboratory.misrouting.study import MisroutingStudy
from laboratory.misrouting.triage import NAMES_THE_RIGHT_ONE, given_by_a_person
from laboratory.subject import Source

from tests.unit.laboratory.logs import write_log


def test_a_wrong_rule_of_a_category_that_people_confirm_is_found_and_mended(tmp_path: Path) -> None:
    subject = Source(write_log(tmp_path / "log.csv"), None, "UTC").subject(tmp_path)
    print("seed 1")
    compared = MisroutingStudy().run(subject, CONFIRMED_CATEGORY, 1)
    assert compared.loop.found
    assert all(found.proposed for found in compared.loop.found)
    assert compared.loop.planted_misrouted < compared.nobody.planted_misrouted / 2
    assert compared.loop.forecasts == []


def test_people_see_a_share_of_wrong_rules_and_confirm_right_ones() -> None:
    random = Random(5)
    print("seed 5")
    given = [given_by_a_person(random, "roads", "lights") for _ in range(10_000)]
    assert given.count("lights") / 10_000 == pytest.approx(NAMES_THE_RIGHT_ONE, abs=0.02)
    assert {given_by_a_person(random, "roads", really) for really in ("roads", None) for _ in range(100)} == {"roads"}
