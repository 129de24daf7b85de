"""Suggested duplicates under a change of how near and how long they are suggested: for forecasts about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common.contracts.events.rules import SETTLED_DAYS
from common.contracts.frozen import value
from common.rulebook.trial import NO_UNIT

from archive.cases_compared import CaseCounts
from archive.change_in_force import RulesAround
from archive.columns import gather, opened
from archive.microseconds import microseconds
from archive.rows import OTHER, SAME

if TYPE_CHECKING:
    import duckdb

TABLE = "duplicates"
SETTLED = SETTLED_DAYS * 86_400_000_000
"""In microseconds."""


class Reach(NamedTuple):
    """How far apart cases of a category in a region were at most to be suggested, by the rule before the change."""

    region: str
    category: str
    metres: int
    minutes: int


@value
class Asked:
    """Cases or suggestions from `since` to `until`, as they stood at `seen`."""

    since: datetime
    until: datetime
    seen: datetime


PLACES = "SELECT DISTINCT region, category FROM past WHERE kind = 'opened' AND happened_at < $until ORDER BY ALL"
CHANGED = "CREATE TEMP TABLE reach (region VARCHAR, category VARCHAR, metres BIGINT, minutes BIGINT)"
# Of each case the first word on each suggested pair.
REFUSED = f"""
WITH given AS (
  SELECT case_id, min(o.happened_at) AS given_at FROM past AS o JOIN reach USING (region, category)
  WHERE kind = 'opened' AND NOT handed_over AND o.happened_at >= $since AND o.happened_at < $until GROUP BY case_id
), refused AS (
  SELECT DISTINCT case_id FROM past AS d JOIN given AS g USING (case_id)
  WHERE kind = 'duplicate_decided' AND reason = '{OTHER}' AND d.happened_at < least(g.given_at + {SETTLED}, $seen)
)
SELECT count(*), count(*) FILTER (given_at + {SETTLED} <= $seen OR r.case_id IS NOT NULL),
  count(*) FILTER (r.case_id IS NOT NULL)
FROM given LEFT JOIN refused AS r USING (case_id)
"""  # noqa: S608
CONFIRMED = f"""
WITH suggested AS (
  SELECT case_id, other, min(s.happened_at) AS suggested_at FROM past AS s JOIN reach AS r USING (region, category)
  WHERE kind = 'duplicate_suggested' AND s.reason IS NULL AND s.happened_at >= $since AND s.happened_at < $until
    AND (s.number > r.metres OR s.minutes > r.minutes)
  GROUP BY case_id, other
), confirmed AS (
  SELECT DISTINCT case_id, other FROM past AS d JOIN suggested AS s USING (case_id, other)
  WHERE kind = 'duplicate_decided' AND reason = '{SAME}' AND d.happened_at < least(s.suggested_at + {SETTLED}, $seen)
)
SELECT count(*), count(*) FILTER (suggested_at + {SETTLED} <= $seen OR c.case_id IS NOT NULL),
  count(*) FILTER (c.case_id IS NOT NULL)
FROM suggested LEFT JOIN confirmed AS c USING (case_id, other)
"""  # noqa: S608


class Suggestions:
    """Of the categories whose duplicates are suggested otherwise with the change than without."""

    def __init__(self, parquet: Sequence[Path], csv: Path | None, folder: Path) -> None:
        self._parquet, self._csv, self._folder = parquet, csv, folder

    def refused(self, asked: Asked, rules: RulesAround) -> CaseCounts:
        """Cases of these categories; bad are those for which a suggestion was refused."""
        return self._counts(REFUSED, asked, rules)

    def confirmed(self, asked: Asked, rules: RulesAround) -> CaseCounts:
        """Suggestions beyond the reach of the rule before; `bad` are those that were confirmed."""
        return self._counts(CONFIRMED, asked, rules)

    def _counts(self, question: str, asked: Asked, rules: RulesAround) -> CaseCounts:
        with opened(self._folder) as db:
            gather(db, self._parquet, self._csv)
            _note(db, _reaches(db.execute(PLACES, {"until": microseconds(asked.seen)}).fetchall(), rules))
            row = db.execute(
                question,
                {
                    "since": microseconds(asked.since), "until": microseconds(asked.until),
                    "seen": microseconds(asked.seen),
                },
            ).fetchone()  # fmt: skip
        assert row is not None
        return CaseCounts(*row)


def _reaches(places: Iterable[tuple[str, str]], rules: RulesAround) -> list[Reach]:
    """Of the categories of which duplicates are suggested otherwise."""
    found = []
    for region, category in places:
        both = rules.of(region)
        if both is None:
            continue
        without, instead = (one.decide(TABLE, {"category": category}, NO_UNIT) for one in both)
        if without is None or instead is None or without.outputs == instead.outputs:
            continue
        metres, hours = (float(without.outputs[name]) for name in ("radius_metres", "window_hours"))
        nowhere = not without.outputs["suggest"]
        found.append(Reach(region, category, -1 if nowhere else round(metres), -1 if nowhere else round(60 * hours)))
    return found


def _note(db: duckdb.DuckDBPyConnection, reaches: Sequence[Reach]) -> None:
    db.execute(CHANGED)
    if reaches:
        db.executemany("INSERT INTO reach VALUES (?, ?, ?, ?)", [list(one) for one in reaches])
