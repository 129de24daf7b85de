"""The studies of recurrence and emergence on a small town: what is planted is found, a batch is not, and a run is the
same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from common.rulebook.placement import Where
from laboratory.emergence import study as emergence
from laboratory.emergence.storms import storms
from laboratory.in_time import shuffled_in_time
from laboratory.logged_case import LoggedCase
from laboratory.recurrence import study as recurrence
from laboratory.recurrence.scattering import scattered
from laboratory.study import section
from laboratory.subject import Source, Subject
from world.log import read_log

from tests.unit.laboratory.logs import write_log

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("town") / "town.csv")


@pytest.fixture(scope="module")
def subject(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Source(log, None, "UTC").subject(tmp_path_factory.mktemp("scratch"))


def test_the_part_that_rules_were_learnt_from_is_there_for_loops_that_must_know_what_is_usual(subject: Subject) -> None:
    assert subject.earlier[-1].opened_at <= subject.cases[0].opened_at
    assert len(subject.earlier) + len(subject.cases) == 12 * 180


def test_planted_repeats_are_ordered_about_and_batches_are_not(subject: Subject) -> None:
    study = recurrence.RecurrenceStudy()
    runs = {s.name: [study.run(subject, s, 1)] for s in (*study.scenarios, recurrence.NO_FAULT)}
    told = section(study, runs)["scenarios"]
    assert runs["repeat"][0].planted == runs["batch"][0].planted == 10
    assert told["repeat"]["found"]["value"] >= 0.9
    assert told["repeat"]["delay"]["value"] <= 45
    assert told["batch"]["found"]["value"] == 0
    assert told["no_fault"]["orders"]["value"] <= 3
    assert told["no_fault"]["found"] is None


def test_planted_bursts_are_warned_of_and_the_log_as_it_is_brings_few_alarms(subject: Subject) -> None:
    study = emergence.EmergenceStudy()
    burst = next(s for s in study.scenarios if s.name == "burst_15")
    runs = [study.run(subject, burst, seed) for seed in (1, 2)]
    told = section(study, {"burst_15": runs, "no_fault": [study.run(subject, emergence.NO_FAULT, 1)]})["scenarios"]
    print("found", told["burst_15"]["found"], "alarms", told["no_fault"]["alarms"])
    assert told["burst_15"]["found"]["value"] >= 0.75
    assert told["burst_15"]["delay"]["value"] <= 1.5
    assert told["no_fault"]["alarms"]["value"] <= 1.5
    assert runs[0].delays == emergence.EmergenceStudy().run(subject, burst, 1).delays


def test_a_storm_is_a_day_with_many_times_the_usual_cases() -> None:
    where = Where("01", "north", "b")

    def case(number: int, at: datetime) -> LoggedCase:
        return LoggedCase(str(number), at, "Tree", where, "web", None, None, ("tree", "01"), "trees")

    start = datetime(2021, 3, 1, 12, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(60)]
    cases = [case(n, at) for n, at in enumerate([*days, *[days[40]] * 60, *[days[41]] * 70])]
    (storm,) = storms(sorted(cases, key=lambda c: c.opened_at), ZoneInfo("UTC"))
    assert (storm.category, storm.day, storm.cases) == ("tree", date(2021, 4, 10), 61)
    anew = [replace(case(n, days[40 + n % 2]), cell=(f"kind-{n % 9}", "01")) for n in range(200, 290)]
    assert storms(sorted([*cases, *anew], key=lambda c: c.opened_at), ZoneInfo("UTC")) == []


def test_shuffled_logs_keep_what_they_do_not_shuffle(log: Path) -> None:
    rows = read_log(log, "UTC").rows
    by_time, by_place = shuffled_in_time(rows, 3), scattered(rows, 3)
    assert sorted((r.given, r.lat, r.lon) for r in by_time) == sorted((r.given, r.lat, r.lon) for r in rows)
    assert sorted((r.given, r.opened) for r in by_time) == sorted((r.given, r.opened) for r in rows)
    assert [r.opened for r in by_place] == [r.opened for r in rows]
    assert all(abs(a.lat - b.lat) < 0.0091 for a, b in zip(by_place, rows, strict=True) if a.lat and b.lat)
    assert shuffled_in_time(rows, 3) == by_time != shuffled_in_time(rows, 4)
