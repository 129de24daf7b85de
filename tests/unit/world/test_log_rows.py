"""Logs of any city are read alike, whatever they leave out or get wrong."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from world.csvfile import LogError
from world.log import LogRow, read_log


def rows_of(folder: Path, text: str, zone: str = "America/New_York") -> list[LogRow]:
    path = folder / "log.csv"
    path.write_text(text)
    return list(read_log(path, zone).rows)


def test_local_times_become_utc(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "case_id,opened_at\n1,2011-07-01T01:32:33\n")
    assert row.opened == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)


def test_a_log_of_two_columns_is_enough(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "case_id,opened_at\n1,2011-07-01T01:32:33\n")
    assert (row.point, row.due, row.given, row.faults) == (None, None, "Request", ())


def test_a_close_before_the_opening_is_unknown_and_marked(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "case_id,opened_at,closed_at\n1,2011-07-02T00:00:00,2011-07-01T00:00:00\n")
    assert (row.closed, row.faults) == (None, ("closed_before_opened",))


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("42.3,-71.1,1", "placeholder_point"),
        ("0,0,0", "bad_point"),
        ("north,west,0", "bad_point"),
        ("nan,1,0", "bad_point"),
    ],
)
def test_a_point_that_is_nowhere_is_no_point(tmp_path: Path, place: str, fault: str) -> None:
    (row,) = rows_of(tmp_path, f"case_id,opened_at,lat,lon,loc_placeholder\n1,2011-07-01T00:00:00,{place}\n")
    assert (row.point, row.faults) == (None, (fault,))


def test_a_point_where_the_city_puts_the_unknown_is_no_point(tmp_path: Path) -> None:
    lines = [f"{i},2011-07-01T00:00:00,42.36,-71.06" for i in range(60)]
    lines += [f"x{i},2011-07-01T00:00:00,42.3{i},-71.1" for i in range(10)]
    rows = rows_of(tmp_path, "case_id,opened_at,lat,lon\n" + "\n".join(lines) + "\n")
    assert sum(r.point is None for r in rows) == 60


def test_rows_come_in_order_of_opening_each_case_once(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "case_id,opened_at\nb,2011-07-02\na,2011-07-02\nc,2011-07-01\na,2011-07-03\n,2011-07-01\n")
    assert [r.case_id for r in rows] == ["c", "a", "b"]


def test_numbers_that_became_decimals_are_numbers_again(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "case_id,opened_at,district\n1,2011-07-01,28.0\n")
    assert row.district == "28"


def test_a_gzipped_log_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.csv.gz", tmp_path / "b.csv.gz"
    good.write_bytes(gzip.compress(b"case_id,opened_at\n1,2011-07-01\n"))
    bad.write_bytes(b"not gzip")
    assert len(read_log(good, "UTC").rows) == 1
    with pytest.raises(LogError, match=r"b\.csv\.gz cannot be read"):
        read_log(bad, "UTC")


def test_a_log_without_its_two_columns_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no column opened_at"):
        rows_of(tmp_path, "case_id\n1\n")


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="not a time zone"):
        rows_of(tmp_path, "case_id,opened_at\n1,2011-07-01\n", "Mars/Olympus")
