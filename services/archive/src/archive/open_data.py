"""The public log of cases: one row a case, nothing that leads to a citizen. As files, with a dictionary of columns.

A row says in which month, region and area a report of a category came over a channel, and what became of it. No id, no
name, no words, no address, no day. Where fewer than FEWEST cases of a month share what a row says of where it came
from, it says less: first no channel, then no area and no authorities, then no category, then no region; what is still
alone is left out and counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.columns import gather, opened
from archive.microseconds import microseconds
from archive.rows import NO_REPLY

FEWEST = 5
"""Cases that share month, region, area, category and channel, as a row gives them."""
FILES = ("cases.csv", "cases.parquet", "dictionary.json")
DAY_HOURS = 8
"""Working hours are given in steps of so many."""


@dataclass(frozen=True, slots=True)
class OpenColumn:
    """`withheld`: whether it may be empty because too few cases share it."""

    name: str
    type: str
    meaning: str
    withheld: bool = False


COLUMNS = (
    OpenColumn("month", "text", "month in which the report came, such as 2011-07 (UTC)"),
    OpenColumn("region", "text", "region that got the case first", True),
    OpenColumn("area", "text", "area of the place", True),
    OpenColumn("category", "text", "category by the rules or by a person", True),
    OpenColumn("channel", "text", "channel over which it came", True),
    OpenColumn("first_authority", "text", "authority that got the case first", True),
    OpenColumn("last_authority", "text", "authority that had it last", True),
    OpenColumn("by_hand", "boolean", "placed by a person, not by rule"),
    OpenColumn("transfers", "integer", "how often it was passed on; 3 stands for 3 or more"),
    OpenColumn("extended", "boolean", "its deadline was extended"),
    OpenColumn("overdue", "boolean", "its deadline passed before an answer"),
    OpenColumn("end", "text", "answered, declined, no_reply, withdrawn or joined to another case; empty: it is open"),
    OpenColumn("working_hours", "integer", f"until the first answer, rounded up to steps of {DAY_HOURS}"),
    OpenColumn("on_time", "boolean", "the first answer came within the deadline"),
    OpenColumn("reopened", "boolean", "the citizen was not content with an answer"),
    OpenColumn("rating", "integer", "the citizen's last rating, 1 to 5"),
)

ORDER = "(happened_at, region, sequence)"
CASES = f"""
CREATE TEMP TABLE told AS
WITH first AS (
  SELECT case_id, strftime(make_timestamp(received_at), '%Y-%m') AS month, region, area, category, channel,
    authority AS first_authority, by_hand
  FROM past WHERE kind = 'opened' AND NOT handed_over AND happened_at < $until
), later AS (
  SELECT case_id,
    count(*) FILTER (kind = 'transferred') AS transfers,
    arg_max(authority, {ORDER}) FILTER (kind = 'transferred') AS last_authority,
    bool_or(kind = 'extended') AS extended,
    count(*) FILTER (kind = 'overdue') > count(*) FILTER (kind = 'overdue_withdrawn') AS overdue,
    nullif(arg_max(CASE WHEN kind = 'reopened' THEN '' WHEN reason = '{NO_REPLY}' THEN reason ELSE kind END, {ORDER})
      FILTER (kind IN ('answered', 'declined', 'withdrawn', 'joined', 'reopened')), '') AS ended,
    arg_min(minutes, {ORDER}) FILTER (kind = 'answered') AS worked,
    arg_min(on_time, {ORDER}) FILTER (kind = 'answered') AS on_time,
    bool_or(kind = 'reopened') AS reopened,
    arg_max(number, {ORDER}) FILTER (kind IN ('confirmed', 'reopened', 'rated') AND number IS NOT NULL) AS rating
  FROM past WHERE happened_at < $until AND kind <> 'opened' GROUP BY case_id
)
SELECT month, region, area, category, channel, first_authority, coalesce(last_authority, first_authority)
    AS last_authority, by_hand, least(coalesce(transfers, 0), 3) AS transfers, coalesce(extended, false) AS extended,
  coalesce(overdue, false) AS overdue, ended AS "end",
  CAST(ceil(worked / (60.0 * {DAY_HOURS})) * {DAY_HOURS} AS INTEGER) AS working_hours, on_time,
  coalesce(reopened, false) AS reopened, rating
FROM first LEFT JOIN later USING (case_id)
"""  # noqa: S608 - no part of it comes from outside
SHARED = "count(*) OVER (PARTITION BY month, region, area, category, channel) < $fewest"
STEPS: Sequence[Sequence[str]] = (
    ("channel",), ("area", "first_authority", "last_authority"), ("category",), ("region",),
)  # fmt: skip
"""What is withheld, one step after the other, of rows that too few others share."""


def _less(columns: Sequence[str]) -> str:
    withheld = ", ".join(f"CASE WHEN few THEN NULL ELSE {name} END AS {name}" for name in columns)
    return (
        f"CREATE OR REPLACE TEMP TABLE told AS SELECT * EXCLUDE (few) REPLACE ({withheld})"  # noqa: S608
        f" FROM (SELECT *, {SHARED} AS few FROM told)"
    )


def write_open_data(parquet: Sequence[Path], csv: Path | None, folder: Path, until: datetime, target: Path) -> None:
    """Write the files of `FILES` into a folder: what happened before `until`, in one order of all columns."""
    names = ", ".join(f'"{column.name}"' for column in COLUMNS)
    with opened(folder) as db:
        gather(db, parquet, csv)
        db.execute(CASES, {"until": microseconds(until)})
        whole = _count(db)
        for columns in STEPS:
            db.execute(_less(columns), {"fewest": FEWEST})
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE told AS SELECT {names} FROM (SELECT *, {SHARED} AS few FROM told)"  # noqa: S608
            f" WHERE NOT few ORDER BY ALL",
            {"fewest": FEWEST},
        )
        for name, form in (("cases.csv", "csv, HEADER"), ("cases.parquet", "parquet, COMPRESSION zstd")):
            db.execute(f"COPY told TO '{target / name}' (FORMAT {form})")
        rows = _count(db)
        withheld = {
            column.name: db.execute(f'SELECT count(*) FROM told WHERE "{column.name}" IS NULL').fetchone()  # noqa: S608
            for column in COLUMNS
            if column.withheld
        }
    about = dictionary(until, rows, whole - rows, {name: found[0] for name, found in withheld.items() if found})
    (target / "dictionary.json").write_text(json.dumps(about, indent=1) + "\n")


def _count(db: Any) -> int:
    row = db.execute("SELECT count(*) FROM told").fetchone()
    return int(row[0])


def dictionary(until: datetime, rows: int, left_out: int, withheld: dict[str, int]) -> dict[str, Any]:
    """What the files hold and what was done so that no row leads to a citizen."""
    return {
        "until": until.isoformat(),
        "rows": rows,
        "left_out": left_out,
        "fewest_alike": FEWEST,
        "protection": (
            "No id, name, text, address or day. Month, region, area, category and channel, as a row gives them, are"
            f" shared by {FEWEST} rows at least; where they were not, channel, area with both authorities, category and"
            " region are withheld in this order, and what was still alone is left out. Rows stand in the order of"
            " their columns, not of their arrival."
        ),
        "columns": [
            {
                "name": column.name, "type": column.type, "meaning": column.meaning,
                **({"withheld": withheld.get(column.name, 0)} if column.withheld else {}),
            }
            for column in COLUMNS
        ],
    }  # fmt: skip
