"""Rulebooks as files lose nothing, and become proposals for what runs."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from common.contracts.events.rules import ProposeChange
from common.federation.country import load_federation
from common.rulebook.errors import RulebookError
from common.rulebook.release import Release, sealed
from common.rulebook.tables import TABLES
from hypothesis import given, settings
from hypothesis import strategies as st
from otklik.known_rules import KnownRules
from otklik.main import app
from otklik.rule_files import RuleFilesError, read_layers, read_releases, write_newest, write_releases
from otklik.rule_proposals import proposals
from otklik.rules_asked import NotSaid
from typer.testing import CliRunner

ROOT = Path(__file__).parents[3]
SQUARES = ROOT / "tests" / "federation"
COUNTRY = load_federation(SQUARES)
RULES = KnownRules(COUNTRY, tuple(COUNTRY.base_releases()))
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(sorted(TABLES)), st.dictionaries(TEXT, JSON, max_size=4), max_size=3)
TIMES = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=3))])
)


def releases_of(layer: str, versions: list[tuple[datetime, dict[str, dict[str, Any]]]]) -> list[Release]:
    found: list[Release] = []
    for number, (at, tables) in enumerate(versions, 1):
        previous = found[-1].hash if found else ""
        found.append(
            sealed(Release(layer=layer, number=number, effective_at=at, tables=tables, previous_hash=previous))
        )
    return found


def bytes_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(TIMES, DOCUMENTS), min_size=1, max_size=4))
def test_releases_that_are_written_and_read_are_the_same_and_written_again_the_same_by_bytes(
    versions: list[tuple[datetime, dict[str, dict[str, Any]]]],
) -> None:
    releases = releases_of("north", versions)
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "first", Path(name) / "second"
        write_releases(first, releases)
        read = read_releases(first)
        assert read == releases
        write_releases(second, read)
        assert bytes_under(first) == bytes_under(second)
        assert [files.tables for files in read_layers(first)] == [releases[-1].tables]


def working_copy(folder: Path) -> Path:
    write_newest(folder, list(RULES.releases))
    return folder


def changed(folder: Path, layer: str, table: str, old: str, new: str) -> None:
    path = folder / layer / f"{table}.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def asked(folder: Path) -> list[ProposeChange]:
    return proposals(RULES, read_layers(folder), "as agreed")


@pytest.mark.parametrize("written", [write_releases, write_newest])
def test_files_that_were_not_changed_ask_for_nothing(tmp_path: Path, written: Any) -> None:
    written(tmp_path, list(RULES.releases))
    assert asked(tmp_path) == []
    assert proposals(RULES, read_layers(SQUARES / "rulebook"), "") == []


def test_a_changed_row_becomes_one_proposal_against_the_release_that_the_files_came_from(tmp_path: Path) -> None:
    folder = working_copy(tmp_path)
    changed(folder, "north", "jurisdiction", "yard-01", "yard-02")
    (found,) = asked(folder)
    assert (found.actor.role, found.needs_person, found.words) == ("installation", True, "as agreed")
    assert (found.patch.layer, found.patch.table, found.patch.base_number) == ("north", "jurisdiction", 1)
    (change,) = found.patch.changes
    assert (change.op, change.row_id) == ("set", "p1")
    assert [one.proposal_id for one in asked(folder)] == [found.proposal_id]


def test_a_table_without_a_file_stays_as_it_is(tmp_path: Path) -> None:
    folder = working_copy(tmp_path)
    (folder / "north" / "jurisdiction.json").unlink()
    assert asked(folder) == []


def test_files_that_nobody_could_propose_are_refused_in_words(tmp_path: Path) -> None:
    folder = working_copy(tmp_path)
    changed(folder, "north", "jurisdiction", '"\\"yard-01\\""', '"yard-01"')
    with pytest.raises(RulebookError, match="table jurisdiction, row p1, cell authority"):
        asked(folder)
    (folder / "north" / "release.json").write_text(json.dumps({"number": 9}))
    with pytest.raises(RulebookError, match="has no release 9"):
        asked(folder)
    (folder / "north").rename(folder / "east")
    with pytest.raises(NotSaid, match="there is no layer 'east'"):
        asked(folder)
    with pytest.raises(RuleFilesError, match="holds no rulebook"):
        read_layers(folder / "nowhere")


def test_a_working_copy_that_was_changed_is_not_written_over(tmp_path: Path) -> None:
    words = ["rules", "export", str(tmp_path), "--newest", "--federation", str(SQUARES)]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert CliRunner().invoke(app, words).exit_code == 0
    changed(tmp_path, "north", "jurisdiction", "yard-01", "yard-02")
    before = bytes_under(tmp_path)
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 1
    assert "holds other rules" in found.output.replace("\n", " ")
    assert bytes_under(tmp_path) == before
