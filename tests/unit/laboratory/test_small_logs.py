"""A log that has no place for a fault leaves the fault out: no study ends in an error."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from laboratory.evaluating import Failed, Task, attempt
from laboratory.studies import STUDIES
from laboratory.subject import Source

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six hundred requests of one kind, of one area and one office, over four months."""
    random, path = Random(7), tmp_path_factory.mktemp("village") / "village.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case_id", "opened_at", "closed_at", "type", "queue", "district", "lat", "lon", "channel"])
        for number in range(600):
            opened = datetime(2024, 1, 1) + timedelta(days=number / 5)
            closed = opened + timedelta(days=6 * random.random())
            lat, lon = 40 + 0.01 * random.random(), -3 + 0.01 * random.random()
            writer.writerow([number, opened, closed, "Everything", "The office", "1", lat, lon, "Web"])
    return path


@pytest.mark.parametrize("loop", sorted(STUDIES))
def test_every_study_goes_through_a_log_of_one_kind_one_area_and_one_office(
    log: Path, tmp_path: Path, loop: str
) -> None:
    study = STUDIES[loop]
    for scenario in (*study.scenarios, *study.always):
        done = attempt(Task(Source(log, None, "UTC"), loop, scenario, 1, tmp_path))
        assert not isinstance(done, Failed), done.trace
        study.figures([done.run])
