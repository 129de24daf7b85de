"""The public log of cases: what a row says, and that none is alone with what it says."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from archive.columns import opened, parquet_of
from archive.open_data import COLUMNS, FEWEST, FILES, write_open_data
from archive.rows import PastRow

from tests.past import START, past, write_csv

UNTIL = START + timedelta(days=400)
SHARED = ("month", "region", "area", "category", "channel")


def written(folder: Path, rows: Sequence[PastRow], name: str = "public") -> Path:
    target = folder / name
    target.mkdir()
    write_open_data([], write_csv(rows, folder / f"{name}.csv"), folder, UNTIL, target)
    return target


def rows_in(target: Path) -> list[dict[str, str]]:
    with (target / "cases.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows() -> list[PastRow]:
    """With some rare categories and channels, each of few cases."""
    chance = random.Random(5)
    found = list(past(3000))
    for at, row in enumerate(found):
        if row.kind == "opened" and chance.random() < 0.02:
            found[at] = row._replace(category=f"rare-{chance.randint(1, 9)}", channel=chance.choice(["fax", "web"]))
    return found


def test_no_row_is_alone_with_where_it_came_from(tmp_path: Path, rows: list[PastRow]) -> None:
    told = rows_in(written(tmp_path, rows))
    alike = Counter(tuple(row[name] for name in SHARED) for row in told)
    assert min(alike.values()) >= FEWEST
    assert any(row["area"] == "" for row in told)
    for row in told:
        if row["area"] == "":
            assert row["first_authority"] == row["last_authority"] == "", "an authority would tell the area"


def test_little_is_withheld_where_many_are_alike_and_all_are_accounted_for(tmp_path: Path, rows: list[PastRow]) -> None:
    target = written(tmp_path, rows)
    about = json.loads((target / "dictionary.json").read_text())
    told = rows_in(target)
    assert len(told) == about["rows"]
    assert about["rows"] + about["left_out"] == sum(row.kind == "opened" for row in rows)
    assert sum(row["area"] != "" for row in told) > 0.95 * len(told)
    withheld = {c["name"]: c["withheld"] for c in about["columns"] if "withheld" in c}
    assert withheld["area"] == sum(row["area"] == "" for row in told)


def test_a_row_says_what_became_of_a_case(tmp_path: Path) -> None:
    rows = []
    for number in range(FEWEST):
        case_id, at = UUID(int=number), START + timedelta(minutes=number)
        rows += [
            PastRow("opened", case_id, at, 1, "north", "yard-01", "01", "pothole", "Pothole", "web", 2, by_hand=False,
                    handed_over=False, received_at=at),
            PastRow("transferred", case_id, at, 2, "north", "lighting"),
            PastRow("overdue", case_id, at, 3, "north", "lighting"),
            PastRow("answered", case_id, at, 4, "north", "lighting", minutes=481, on_time=False),
            PastRow("reopened", case_id, at, 5, "north", "lighting", number=1),
        ]  # fmt: skip
    (kind,) = {tuple(row.items()) for row in rows_in(written(tmp_path, rows))}
    assert dict(kind) == {
        "month": "2011-07", "region": "north", "area": "01", "category": "pothole", "channel": "web",
        "first_authority": "yard-01", "last_authority": "lighting", "by_hand": "false", "transfers": "1",
        "extended": "false", "overdue": "true", "end": "", "working_hours": "16", "on_time": "false",
        "reopened": "true", "rating": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (("confirmed", None), "answered"), (("declined", None), "declined"), (("declined", "no_reply"), "no_reply"),
        (("withdrawn", None), "withdrawn"), (("joined", None), "joined"), (("reopened", None), ""),
        (("wait_ended", "goes_on"), "answered"),
    ],
)  # fmt: skip
def test_the_end_of_a_case_is_its_last_one_and_none_while_it_is_open(
    tmp_path: Path, last: tuple[str, str | None], end: str
) -> None:
    rows = []
    for number in range(FEWEST):
        case_id, at = UUID(int=number), START + timedelta(minutes=number)
        rows += [
            PastRow("opened", case_id, at, 1, "north", "yard-01", "01", "pothole", "Pothole", "web", 2, by_hand=False,
                    handed_over=False, received_at=at),
            PastRow("answered", case_id, at, 2, "north", "yard-01", minutes=481, on_time=True),
            PastRow(last[0], case_id, at, 3, "north", "yard-01", reason=last[1]),
        ]  # fmt: skip
    assert {row["end"] for row in rows_in(written(tmp_path, rows))} == {end}


def test_fewer_than_any_group_leave_nothing(tmp_path: Path) -> None:
    target = written(tmp_path, list(past(FEWEST - 1)))
    assert rows_in(target) == []
    assert json.loads((target / "dictionary.json").read_text())["left_out"] > 0


def test_nothing_that_the_archive_holds_of_one_case_alone_is_told(tmp_path: Path, rows: list[PastRow]) -> None:
    target = written(tmp_path, rows)
    told = (target / "cases.csv").read_text() + (target / "dictionary.json").read_text()
    assert not [row for row in rows if str(row.case_id) in told or row.happened_at.isoformat() in told]


def test_the_same_past_gives_the_same_bytes_in_any_order_and_from_segments(tmp_path: Path, rows: list[PastRow]) -> None:
    whole = written(tmp_path, rows)
    mixed = random.Random(3).sample(rows, len(rows))
    segment = tmp_path / "1.parquet"
    segment.write_bytes(parquet_of(write_csv(mixed[:4000], tmp_path / "half.csv"), tmp_path))
    again = tmp_path / "again"
    again.mkdir()
    write_open_data([segment], write_csv(mixed[4000:], tmp_path / "rest.csv"), tmp_path, UNTIL, again)
    for name in FILES:
        assert (again / name).read_bytes() == (whole / name).read_bytes(), name


def test_both_files_say_the_same_in_the_columns_of_the_dictionary(tmp_path: Path, rows: list[PastRow]) -> None:
    target = written(tmp_path, rows)
    with opened(tmp_path) as db:
        found = db.execute(f"FROM read_parquet('{target / 'cases.parquet'}')")
        assert [column[0] for column in found.description] == [column.name for column in COLUMNS]
        assert len(found.fetchall()) == len(rows_in(target))
