"""Loops' settings are rows of the rulebook, declared by each loop; which loops run is told by the environment."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from common.federation.country import Federation
from common.messaging.settings import SettingsError
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from common.rulebook.jdm import document_of, rows_of
from common.rulebook.release import NATIONAL, Release
from pydantic import ValidationError
from reflex.loop import TABLE, LoopContext
from reflex.loops import LOOPS
from reflex.loops.misrouting.settings import Settings
from reflex.settings import chosen

from tests.conftest import ROOT
from tests.unit.reflex.worlds import START

FEDERATIONS = [ROOT / "tests" / "federation", ROOT / "deploy" / "federations" / "boston"]


def release(number: int, *, layer: str = NATIONAL, loop: str = "misrouting", **values: float) -> Release:
    rows = [(n, {"loop": json.dumps(loop), "setting": json.dumps(n), "value": str(v)}) for n, v in values.items()]
    tables = {TABLE: document_of(TABLE, rows)} if rows else {}
    return Release(layer=layer, number=number, effective_at=START + timedelta(days=number - 1), tables=tables)


def context(*releases: Release) -> LoopContext:
    book = ReleaseBook()
    for one in releases:
        book.add(one)
    return LoopContext(Federation(FEDERATIONS[0]), book)


def test_what_the_rulebook_does_not_name_is_as_declared() -> None:
    found = context(release(1, min_cases=7)).settings(Settings, "misrouting", START)
    assert found == Settings(min_cases=7)


def test_settings_of_another_loop_are_not_this_ones() -> None:
    assert context(release(1, loop="other", min_cases=7)).settings(Settings, "misrouting", START) == Settings()


def test_settings_follow_the_release_in_force() -> None:
    ground = context(release(1, min_cases=7), release(2, min_cases=9))
    assert ground.settings(Settings, "misrouting", START).min_cases == 7
    assert ground.settings(Settings, "misrouting", START + timedelta(days=1)).min_cases == 9
    assert ground.settings(Settings, "misrouting", START).min_cases == 7


def test_settings_follow_a_release_that_comes_after_they_were_asked_for() -> None:
    ground = context(release(1, min_cases=7))
    later = START + timedelta(days=5)
    assert ground.settings(Settings, "misrouting", later).min_cases == 7
    ground.book.add(release(3, min_cases=9))
    assert ground.settings(Settings, "misrouting", later).min_cases == 9
    assert ground.settings(Settings, "misrouting", START + timedelta(days=1)).min_cases == 7
    ground.book.add(release(1, layer="north", min_cases=11))
    assert ground.settings(Settings, "misrouting", later, "north").min_cases == 11


def test_a_region_has_its_own_word() -> None:
    ground = context(release(1, min_cases=7), release(1, layer="north", min_cases=9))
    assert ground.settings(Settings, "misrouting", START, "north").min_cases == 9
    assert ground.settings(Settings, "misrouting", START, "south").min_cases == 7


def test_a_value_beyond_what_the_loop_declares_is_refused_by_its_name() -> None:
    with pytest.raises(ValidationError, match="win_probability"):
        context(release(1, win_probability=2)).settings(Settings, "misrouting", START)


def test_without_a_release_there_are_no_settings() -> None:
    with pytest.raises(ReleaseMissing):
        context().settings(Settings, "misrouting", START)


@pytest.mark.parametrize("folder", FEDERATIONS, ids=lambda f: f.name)
def test_every_row_of_a_federation_names_a_setting_that_a_loop_declares_and_allows(folder: Path) -> None:
    federation, book = Federation(folder), ReleaseBook()
    for one in federation.base_releases():
        book.add(one)
    ground = LoopContext(federation, book)
    declared = {name: build(ground).settings for name, build in LOOPS.items()}
    tables = [one.tables[TABLE] for one in federation.base_releases() if TABLE in one.tables]
    rows = [cells for table in tables for _, cells in rows_of(TABLE, table)]
    assert rows
    for cells in rows:
        loop, setting = json.loads(cells["loop"]), json.loads(cells["setting"])
        assert setting in declared[loop].model_fields, f"{loop} has no setting {setting}"
    for name, model in declared.items():
        ground.settings(model, name, START)


def test_loops_are_known_by_the_names_they_give_themselves() -> None:
    ground = context(release(1))
    assert {name: build(ground).name for name, build in LOOPS.items()} == {name: name for name in LOOPS}


def test_all_loops_run_unless_some_are_named() -> None:
    known = ["one", "two", "three"]
    assert chosen("", known) == known
    assert chosen(" three, one", known) == ["one", "three"]


def test_a_loop_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"OTKLIK_LOOPS: there is no loop too; there are one, two"):
        chosen("one,too", ["one", "two"])
