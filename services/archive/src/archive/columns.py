"""The past in DuckDB: sealing the journal as Parquet, and what is asked of all of it. One thread, bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common.contracts.frozen import value

from archive.rows import PastRow

if TYPE_CHECKING:
    import duckdb

MEMORY = "128MB"
"""Beyond this DuckDB writes to the folder that it is given."""
_TEXT = {"kind", "region", "authority", "area", "category", "given", "channel", "release", "rows", "reason", "other"}
_FLAGS = {"by_hand", "said_category", "said_authority", "handed_over", "on_time", "synthetic"}
TYPES = {
    name: "UUID" if name == "case_id" else "VARCHAR" if name in _TEXT else "BOOLEAN" if name in _FLAGS else "BIGINT"
    for name in PastRow._fields
}
"""Of the columns in DuckDB; times are microseconds of Unix time."""


class DecisionInputs(NamedTuple):
    """All that a decision was made of, but for the rules. Decisions with the same inputs are decided once."""

    number: int
    region: str
    area: str | None
    """None where the first word about the place was that nobody knows it."""
    given: str | None
    by_hand: bool
    said_category: str | None
    said_authority: str | None
    hand_area: str
    """Where a person placed it, which is `area` for all others."""


class VerdictRow(NamedTuple):
    """How a rulebook with a change and one without it decide the same inputs; no authority: a person must say."""

    number: int
    changed: bool
    without: str | None
    instead: str | None
    without_minutes: int
    without_extended: int
    instead_minutes: int
    instead_extended: int


class ChangedGroup(NamedTuple):
    """Changed decisions that are alike in all that is told of them."""

    region: str
    area: str
    channel: str
    category: str
    without: str | None
    instead: str | None
    cases: int
    saved: int
    timed: int
    late_without: int
    late_with: int
    known: int


class PlaceCount(NamedTuple):
    region: str
    area: str
    channel: str
    category: str
    decisions: int


@value
class Window:
    """Microseconds of Unix time: what happened before `until`, without decisions from `out_from` to `out_until`."""

    until: int
    out_from: int | None = None
    out_until: int | None = None


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into a folder."""
    import duckdb

    options: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": MEMORY, "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
    }  # fmt: skip
    db = duckdb.connect(":memory:", config=options)
    try:
        yield db
    finally:
        db.close()


def _journal(csv: Path) -> str:
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    return f"read_csv('{csv}', header = true, auto_detect = false, nullstr = '', delim = ',', columns = {{{types}}})"


def parquet_of(csv: Path, folder: Path) -> bytes:
    """The journal's text as one Parquet file."""
    file = folder / "sealed.parquet"
    with opened(folder) as db:
        db.execute(f"COPY (FROM {_journal(csv)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return file.read_bytes()


def gather(db: duckdb.DuckDBPyConnection, parquet: Sequence[Path], csv: Path | None) -> None:
    """Make the view `past` of segments and the journal's text."""
    parts = []
    if parquet:
        parts.append(f"SELECT * FROM read_parquet([{', '.join(repr(str(file)) for file in parquet)}])")  # noqa: S608
    if csv is not None:
        parts.append(f"SELECT * FROM {_journal(csv)}")  # noqa: S608
    db.execute(f"CREATE VIEW past AS {' UNION ALL '.join(parts)}")


# A case's first decision in the whole federation; a message in triage that nobody has placed has none.
DECIDED = """
CREATE TEMP TABLE decided AS
SELECT o.case_id, o.happened_at, o.region, o.channel, o.category, o.authority,
  CASE WHEN a.reason IN ('no_place', 'outside_every_region') THEN NULL ELSE o.area END AS area,
  o.area AS hand_area, coalesce(o.given, a.given) AS given, o.by_hand,
  CASE WHEN o.by_hand AND o.said_category THEN o.category END AS said_category,
  CASE WHEN o.by_hand AND o.said_authority THEN o.authority END AS said_authority,
  coalesce(o.happened_at BETWEEN $out_from AND $out_until, false) AS left_out
FROM (SELECT * FROM past WHERE kind = 'opened' AND NOT handed_over AND happened_at < $until) AS o
LEFT JOIN (
  SELECT case_id, given, reason FROM past WHERE kind = 'triage_requested' AND happened_at < $until
) AS a USING (case_id)
"""
INPUTS = """
CREATE TEMP TABLE inputs AS
SELECT row_number() OVER () AS number, * FROM (
  SELECT DISTINCT region, area, given, by_hand, said_category, said_authority, hand_area FROM decided WHERE NOT left_out
)
"""
VERDICTS = """
CREATE TEMP TABLE verdict AS
SELECT unnest($number) AS number, unnest($changed) AS changed, unnest($without) AS without, unnest($instead) AS instead,
  unnest($without_minutes) AS without_minutes, unnest($without_extended) AS without_extended,
  unnest($instead_minutes) AS instead_minutes, unnest($instead_extended) AS instead_extended
"""
WAITING = """
SELECT count(*) FROM (SELECT DISTINCT case_id FROM past WHERE kind = 'triage_requested' AND happened_at < $until)
ANTI JOIN decided USING (case_id)
ANTI JOIN (SELECT case_id FROM past WHERE kind = 'triage_declined' AND happened_at < $until) USING (case_id)
"""
PLACES = """
SELECT region, hand_area, channel, category, count(*) FROM decided WHERE NOT left_out GROUP BY ALL ORDER BY ALL
"""
# Only what happened to changed cases is read. Two records of one time are of two regions, and name one authority.
CHANGED = """
WITH changed AS (
  SELECT d.*, v.* EXCLUDE (number, changed) FROM decided AS d
  JOIN inputs AS i ON i.region = d.region AND i.area IS NOT DISTINCT FROM d.area
    AND i.given IS NOT DISTINCT FROM d.given AND i.by_hand = d.by_hand
    AND i.said_category IS NOT DISTINCT FROM d.said_category
    AND i.said_authority IS NOT DISTINCT FROM d.said_authority AND i.hand_area = d.hand_area
  JOIN verdict AS v ON v.number = i.number AND v.changed
  WHERE NOT d.left_out
), outcome AS (
  SELECT case_id,
    count(*) FILTER (kind = 'transferred') AS transfers,
    arg_max(authority, (happened_at, region, sequence)) FILTER (kind = 'transferred') AS ended_with,
    arg_min(minutes, (happened_at, region, sequence)) FILTER (kind = 'answered') AS worked,
    arg_min(happened_at, (happened_at, region, sequence)) FILTER (kind = 'answered') AS answered_at,
    min(happened_at) FILTER (kind = 'extended') AS extended_at,
    bool_or(kind = 'joined') AS joined,
    bool_or(kind IN ('answered', 'declined', 'withdrawn')) AS closed
  FROM past WHERE happened_at < $until AND case_id IN (SELECT case_id FROM changed)
    AND kind IN ('transferred', 'answered', 'extended', 'joined', 'declined', 'withdrawn')
  GROUP BY case_id
), judged AS (
  SELECT c.*, coalesce(o.joined, false) AS joined, coalesce(o.closed, false) AS closed,
    coalesce(o.transfers, 0) AS transfers, o.worked,
    o.extended_at IS NOT NULL AND o.extended_at < o.answered_at AS extended,
    c.without IS NOT NULL AND c.instead IS NOT NULL AND c.without <> c.instead AND c.authority = c.without
      AND o.transfers > 0 AND o.ended_with = c.instead AND NOT o.joined AS saved,
    c.without = c.instead AND o.worked IS NOT NULL
      AND (c.without_minutes, c.without_extended) <> (c.instead_minutes, c.instead_extended) AS timed
  FROM changed AS c LEFT JOIN outcome AS o USING (case_id)
)
SELECT region, hand_area, channel, category, without, instead, count(*),
  count(*) FILTER (saved),
  count(*) FILTER (timed),
  count(*) FILTER (timed AND worked > without_minutes + CASE WHEN extended THEN without_extended ELSE 0 END),
  count(*) FILTER (timed AND worked > instead_minutes + CASE WHEN extended THEN instead_extended ELSE 0 END),
  count(*) FILTER (NOT joined AND (closed OR transfers > 0))
FROM judged GROUP BY ALL ORDER BY ALL
"""


class Past:
    """Questions to the view `past` as of a window; each `Past` is asked once."""

    def __init__(self, db: duckdb.DuckDBPyConnection, window: Window) -> None:
        self._db = db
        self._until = {"until": window.until}
        db.execute(DECIDED, {"until": window.until, "out_from": window.out_from, "out_until": window.out_until})
        db.execute(INPUTS)

    def inputs(self) -> list[DecisionInputs]:
        return [
            DecisionInputs(*row)
            for row in self._db.execute(
                "SELECT number, region, area, given, by_hand, said_category, said_authority, hand_area FROM inputs"
                " ORDER BY number"
            ).fetchall()
        ]

    def decisions(self) -> tuple[int | None, int, int]:
        """When the first that is replayed was made, how many are left out, and how many messages nobody has placed."""
        row = self._db.execute(
            "SELECT min(happened_at) FILTER (NOT left_out), count(*) FILTER (left_out) FROM decided"
        ).fetchone()
        waiting = self._db.execute(WAITING, self._until).fetchone()
        assert row is not None
        assert waiting is not None
        return row[0], row[1], waiting[0]

    def places(self) -> list[PlaceCount]:
        return [PlaceCount(*row) for row in self._db.execute(PLACES).fetchall()]

    def changed(self, verdicts: Iterable[VerdictRow]) -> list[ChangedGroup]:
        """What would have become of decisions that the verdicts call changed."""
        columns = list(zip(*verdicts, strict=True))
        if not columns:
            return []
        self._db.execute(VERDICTS, dict(zip(VerdictRow._fields, map(list, columns), strict=True)))
        return [ChangedGroup(*row) for row in self._db.execute(CHANGED, self._until).fetchall()]
