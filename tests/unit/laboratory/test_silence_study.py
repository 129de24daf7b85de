"""The study of silence takes out what it says, and a quiet of three days is found in a town where little changes."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from laboratory.silence.outages import APART, LEAST_A_DAY, heard, planted
from laboratory.silence.study import NO_FAULT, QUIETS, SilenceStudy
from laboratory.study import section
from laboratory.subject import Source, Subject
from reflex.local_days import LocalDays

from tests.unit.laboratory.logs import AREAS, OFFICES, START

pytestmark = pytest.mark.xdist_group("laboratory")
DAYS, A_DAY = 150, 8
CHANNELS = ("Web", "Web", "Hotline", "Hotline", "Hotline")
BY_NAME = {scenario.name: scenario for scenario in QUIETS}


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Two channels of a town that brings some ninety cases a day, and a third that brings one a day."""
    folder, random, number = tmp_path_factory.mktemp("town"), Random(1), 0
    log: Path = folder / "town.csv"
    with log.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "opened_at", "closed_at", "type", "queue", "district", "channel", "lat", "lon"])
        for day in range(DAYS):
            for n, (kind, office, area) in enumerate(
                (kind, office, area) for kind, office in OFFICES.items() for area in AREAS for _ in range(A_DAY)
            ):
                number += 1
                opened = START + timedelta(days=day, minutes=random.randrange(1_440))
                lat, lon = 42.30 + 0.01 * int(area) + random.uniform(-0.004, 0.004), random.uniform(-71.104, -71.096)
                channel = random.choice(CHANNELS) if n else "Letter"
                closed = opened + timedelta(days=3)
                writer.writerow([number, opened, closed, kind, office, area, channel, f"{lat:.5f}", f"{lon:.5f}"])
    return Source(log, None, "UTC").subject(folder)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_is_planted_takes_out_cases_of_its_region_its_time_and_its_channel_alone(
    subject: Subject, name: str
) -> None:
    quiet, since = QUIETS[BY_NAME[name]], subject.cases[0].opened_at
    cases = [*subject.earlier, *subject.cases]
    wrong = planted(cases, since, quiet, subject.federation, 1)
    left = {case.case_id for case in heard(cases, wrong, 1)}
    gone = [case for case in cases if case.case_id not in left]
    inside = [case for case in cases if any(one.holds(case) for one in wrong)]
    assert wrong
    assert set(gone) <= set(inside)
    assert abs(len(gone) - quiet.lost * len(inside)) <= 0.1 * len(inside)
    days = LocalDays(subject.federation)
    assert all(days.works(one.region, days.day_of(one.region, one.since)) for one in wrong)
    assert all(one.since >= since and one.until - one.since == quiet.lasts for one in wrong)
    assert {one.channel is None for one in wrong} == {not quiet.one_channel}


def test_rare_channels_are_not_silenced_and_quiets_of_a_region_lie_apart(subject: Subject) -> None:
    cases = [*subject.earlier, *subject.cases]
    wrong = planted(cases, cases[0].opened_at, QUIETS[BY_NAME["channel_1d"]], subject.federation, 2)
    brought = Counter((case.where.region, case.channel) for case in cases)
    assert all(brought[one.region, one.channel or ""] >= LEAST_A_DAY * (DAYS - 2) for one in wrong)
    for before, after in pairwise(wrong):
        if before.region == after.region:
            assert after.since - before.until > APART / 2 - timedelta(days=1)


def test_three_days_without_a_channel_are_found_and_named_and_nothing_else_is(subject: Subject) -> None:
    study = SilenceStudy()
    runs = {"channel_3d": [study.run(subject, BY_NAME["channel_3d"], seed) for seed in (1, 2)]}
    runs[NO_FAULT.name] = [study.run(subject, NO_FAULT, 1)]
    told = section(study, runs)["scenarios"]
    print({name: {key: one[key] for key in ("found", "named", "hours", "false_a_month")} for name, one in told.items()})
    assert told["channel_3d"]["found"]["value"] >= 0.9
    assert told["channel_3d"]["named"]["value"] == 1
    assert told["channel_3d"]["hours"]["value"] < 60
    assert told["no_fault"]["found"] is None
    assert told["no_fault"]["false_a_month"]["value"] <= 1
