"""Whatever is wrong with a log is counted, and what can be replayed is."""

from __future__ import annotations

import gzip
import shutil
from itertools import islice
from pathlib import Path

import pytest
from common.federation.check import check_federation
from world.choose_federation import choose
from world.citizens import first_message
from world.csvfile import LogError
from world.ground_truth import Truth
from world.log import faults_of, read_log
from world.log_requests import chance, rows_of

from tests.conftest import ROOT
from tests.hostile_logs import HOSTILE, SOUND, Hostile

BOSTON = ROOT / "deploy" / "federations" / "boston"
ZONE = "America/New_York"


def written(folder: Path, hostile: Hostile) -> Path:
    path = folder / hostile.name
    path.write_bytes(hostile.raw)
    return path


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_faults_are_counted_and_the_rest_is_kept(tmp_path: Path, what: str) -> None:
    hostile = HOSTILE[what]
    log = read_log(written(tmp_path, hostile), ZONE)
    assert (len(log.rows), dict(log.left_out), faults_of(log.rows)) == (hostile.rows, hostile.left_out, hostile.faults)


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_federation_is_learnt_from_it_and_every_row_becomes_a_message(tmp_path: Path, what: str) -> None:
    path = written(tmp_path, HOSTILE[what])
    chosen = choose(path, None, BOSTON, tmp_path / "federation", ZONE)
    truth = Truth.load(chosen.folder)
    rows = rows_of(read_log(path, truth.log.times_in).rows, truth)
    channels = {c.id for c in truth.federation.channels}
    said = [first_message(r, 1, chance(1), 0.5) for r in rows]
    assert {s.channel for s in said} <= channels
    assert "learnt one" in chosen.words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no column case_id nor opened_at"),
        (b"case_id,opened_at\n", "it has no rows"),
        (b"case_id,opened_at\n,\n1,\n", "1 no case id, 1 no time of opening"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"\x00\xff\xfe\x89PNG", "no column case_id nor opened_at"),
    ],
)
def test_a_file_that_holds_nothing_to_replay_is_refused_in_words(tmp_path: Path, raw: bytes, words: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(raw)
    with pytest.raises(LogError, match=words):
        read_log(path, "UTC")


def test_text_that_is_not_utf_8_is_read_and_that_is_said(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, HOSTILE["windows text"]), ZONE)
    assert log.rows[0].type == "Nid de poule caché"
    assert "Windows-1252" in log.remarks[0]


def bostons_own(folder: Path) -> Path:
    """Its first days."""
    path = folder / "july.csv"
    with gzip.open(BOSTON / "log" / "boston_2011_h2.csv.gz", "rt") as log:
        path.write_text("".join(islice(log, 2_000)))
    return path


def test_a_log_of_the_standing_federation_goes_through_it_and_another_does_not(tmp_path: Path) -> None:
    sound = tmp_path / "boston"
    shutil.copytree(BOSTON, sound, ignore=shutil.ignore_patterns("log"))
    text = (sound / "log.yaml").read_text()
    (sound / "log.yaml").write_text(text[: text.index("\nplanted:")] + "\n")
    own = choose(bostons_own(tmp_path), None, sound, tmp_path / "a", None)
    assert (own.folder, own.learnt_until) == (sound, None)
    other = tmp_path / "log.csv"
    other.write_bytes(SOUND)
    assert choose(other, None, BOSTON, tmp_path / "b", None).folder == tmp_path / "b"


def test_a_federation_that_is_wrong_on_purpose_is_not_taken_unless_it_is_named(tmp_path: Path) -> None:
    log = bostons_own(tmp_path)
    learnt = choose(log, None, BOSTON, tmp_path / "a", "America/New_York")
    assert learnt.folder == tmp_path / "a"
    assert "wrong on purpose" in learnt.words
    assert learnt.learnt_until is not None
    assert Truth.load(learnt.folder).log.planted == ()
    assert choose(log, BOSTON, BOSTON, tmp_path / "never", None).folder == BOSTON


def test_a_named_federation_is_taken_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, HOSTILE["one row"])
    named = ROOT / "tests" / "federation"
    assert choose(path, named, BOSTON, tmp_path / "never", None).folder == named
    assert Truth.load(named).log.times_in == "America/New_York"


def test_what_is_left_out_is_named_by_line(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, HOSTILE["ids and times missing"]), ZONE)
    assert dict(log.left_out_lines) == {
        "no case id": (3,),
        "no time of opening": (4,),
        "time of opening unreadable": (5,),
    }
    closed_later = read_log(written(tmp_path, HOSTILE["a quote that a later one closes"]), ZONE)
    assert dict(closed_later.left_out_lines) == {"a quote that is not closed": (2,)}


def test_an_unclosed_quote_costs_its_own_row_alone(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, HOSTILE["a quote that is not closed"]), ZONE)
    assert {r.case_id for r in log.rows} == {str(n) for n in range(1, 700) if n != 2}


def test_a_decimal_comma_is_a_number(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, HOSTILE["decimal commas"]), ZONE)
    assert log.rows[0].point == (42.36, -71.06)


def test_day_and_month_are_told_apart_by_the_whole_log(tmp_path: Path) -> None:
    days = read_log(written(tmp_path, HOSTILE["days before months"]), ZONE)
    assert [r.opened.isoformat() for r in days.rows] == ["2022-03-05T02:05:00+00:00", "2022-03-25T14:00:00+00:00"]
    months = read_log(written(tmp_path, HOSTILE["months before days, and names of months"]), ZONE)
    assert {r.case_id: r.opened.day for r in months.rows} == {"1": 25, "2": 5, "3": 5, "4": 5}


def test_columns_that_others_spell_otherwise_are_said(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, HOSTILE["headers as others spell them"]), ZONE)
    assert "its column Case Enquiry ID is read as case_id" in log.remarks


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_learnt_federation_has_no_faults(tmp_path: Path, what: str) -> None:
    chosen = choose(written(tmp_path, HOSTILE[what]), None, BOSTON, tmp_path / "federation", ZONE)
    assert [str(f) for f in check_federation(chosen.folder) if not f.remark] == []
