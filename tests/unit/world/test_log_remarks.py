"""What a reader of a report is told of the whole log: times without hours, rows without places."""

from __future__ import annotations

from pathlib import Path

import pytest
from world.log import read_log

POINT, AREA, NOTHING = "42.3{n},-71.1{n},", ",,West", ",,"


def remarks(folder: Path, rows: list[tuple[str, str]]) -> tuple[str, ...]:
    """Of a log with a row for each (time of opening, place)."""
    path = folder / "log.csv"
    lines = [f"{n},2021-03-{n % 28 + 1:02} {at},{place.format(n=n)}" for n, (at, place) in enumerate(rows)]
    path.write_text("\n".join(["case_id,opened_at,lat,lon,district", *lines]))
    return read_log(path, "America/New_York").remarks


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (["00:00"] * 20, "every case was opened at midnight: the log tells days, not hours"),
        (["00:00"] * 19 + ["10:30"], "19 of 20 cases were opened at midnight: the log tells days, not hours"),
    ],
)
def test_times_without_hours_are_remarked_on(tmp_path: Path, hours: list[str], words: str) -> None:
    assert remarks(tmp_path, [(at, POINT) for at in hours]) == (words,)


def test_a_log_with_hours_and_points_has_no_remark(tmp_path: Path) -> None:
    assert remarks(tmp_path, [(f"{n:02}:15", POINT) for n in range(20)]) == ()


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([NOTHING] * 20, "no row tells where it was"),
        ([AREA] * 20, "20 of 20 rows have no point: in a replay a person must say of each where it was"),
        ([AREA] * 4 + [POINT] * 16, "4 of 20 rows have no point: in a replay a person must say of each where it was"),
    ],
)
def test_rows_without_places_are_remarked_on(tmp_path: Path, places: list[str], words: str) -> None:
    assert remarks(tmp_path, [("10:30", place) for place in places]) == (words,)


def test_few_rows_without_a_point_are_no_remark(tmp_path: Path) -> None:
    assert remarks(tmp_path, [("10:30", place) for place in [AREA, *[POINT] * 19]]) == ()
