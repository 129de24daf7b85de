"""The study of prediction plants what it says, and finds on a town without change that its forecasts hold."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from laboratory.prediction.driving import drive
from laboratory.prediction.planting import NO_FAULT, SEASONAL, SLOW, STORMY, shuffled, with_season, with_storms
from laboratory.prediction.study import PredictionStudy
from laboratory.study import section
from laboratory.subject import Source, Subject
from world.log import read_log

from tests.unit.laboratory.logs import AREAS, OFFICES, START

WEEK = (1.3, 1.2, 1.0, 1.0, 0.9, 0.4, 0.3)
DAYS = 270


def write_busy_log(path: Path, seed: int = 1) -> Path:
    """Some forty requests on a working day, fewer at weekends; each is closed after one to nine days."""
    random, number = Random(seed), 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "opened_at", "closed_at", "type", "queue", "district", "channel", "lat", "lon"])
        for day in range(DAYS):
            for kind, office in OFFICES.items():
                for area in AREAS:
                    for _ in range(sum(random.random() < 0.34 * WEEK[day % 7] for _ in range(10))):
                        number += 1
                        opened = START + timedelta(days=day, minutes=random.randrange(1_440))
                        lat, lon = (
                            42.30 + 0.01 * int(area) + random.uniform(-0.004, 0.004),
                            random.uniform(-71.104, -71.096),
                        )
                        closed = opened + timedelta(days=random.uniform(1, 9))
                        writer.writerow([number, opened, closed, kind, office, area, "Web", f"{lat:.5f}", f"{lon:.5f}"])
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_busy_log(tmp_path_factory.mktemp("town") / "busy.csv")


@pytest.fixture(scope="module")
def subject(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Source(log, None, "UTC").subject(tmp_path_factory.mktemp("scratch"))


def test_on_a_town_without_change_forecasts_are_better_than_last_weeks_and_their_intervals_hold(
    subject: Subject,
) -> None:
    study = PredictionStudy()
    runs = {NO_FAULT.name: [study.run(subject, NO_FAULT, seed) for seed in (1, 2)]}
    told = section(study, runs)["scenarios"]["no_fault"]
    print({key: told[key] for key in ("error", "held", "findings_per_10k")})
    assert told["error"]["value"] < 0.85
    assert 0.85 <= told["held"]["value"] <= 0.96
    assert told["told"] is None


def test_years_in_which_hardly_anything_comes_are_not_scored(subject: Subject) -> None:
    last = subject.cases[-1]
    straggler = replace(last, case_id="straggler", opened_at=last.opened_at + timedelta(days=500), closed_at=None)
    alone, drawn_out = (drive(subject.federation, cases) for cases in (subject.cases, [*subject.cases, straggler]))
    held = sum(score.held for score in drawn_out.scores) / sum(score.forecasts for score in drawn_out.scores)
    assert len(alone.scores) == len(drawn_out.scores)
    assert 0.85 <= held <= 0.97


def test_a_season_and_storms_add_cases_and_take_none_away(subject: Subject) -> None:
    ids = {case.case_id for case in subject.cases}
    for planted in (with_season, with_storms):
        cases = planted(subject.cases, Random(1))
        assert ids <= {case.case_id for case in cases}
        assert 1.1 * len(ids) > len({case.case_id for case in cases}) > len(ids) or planted is with_season
        assert [case.opened_at for case in cases] == sorted(case.opened_at for case in cases)


def test_slow_desks_miss_deadlines_and_a_run_is_the_same_for_the_same_seed(subject: Subject) -> None:
    study = PredictionStudy()
    first, second = (study.run(subject, SLOW, 3) for _ in range(2))
    assert (first.planted, first.told, first.late, first.scores) == (
        second.planted, second.told, second.late, second.scores,
    )  # fmt: skip
    assert first.planted > 0
    assert first.late_after <= first.late


def test_a_shuffled_log_has_every_case_on_the_same_day_of_the_week(log: Path) -> None:
    rows = read_log(log, "UTC").rows
    dealt = shuffled(rows, 1)
    before = {row.case_id: row for row in rows}
    assert len(dealt) == len(rows)
    assert all(row.opened.weekday() == before[row.case_id].opened.weekday() for row in dealt)
    changed = [before[row.case_id].opened for row in dealt if row.opened != before[row.case_id].opened]
    assert len(changed) > len(rows) / 3
    assert min(changed) > sorted(row.opened for row in rows)[len(rows) // 3]


def test_every_scenario_has_its_words() -> None:
    assert {s.name for s in PredictionStudy().scenarios} == {SEASONAL.name, STORMY.name, SLOW.name}
