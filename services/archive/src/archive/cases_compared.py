"""Like cases before a change and after it, counted by what is bad, for forecasts of bad cases and answers in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    LATE_AVOIDED,
    POORLY_RATED_AVOIDED,
    REOPENED_AVOIDED,
    SETTLED_DAYS,
)
from common.contracts.frozen import value

from archive.columns import SAME_INPUTS, DecisionInputs, Past, VerdictRow, Window, gather, opened
from archive.microseconds import microseconds

if TYPE_CHECKING:
    import duckdb

POOR_RATING = 2
SETTLED = SETTLED_DAYS * 86_400_000_000
"""In microseconds."""
ORDER = "(happened_at, region, sequence)"


class CaseCounts(NamedTuple):
    """Cases of one time."""

    cases: int
    """That the measure is about."""
    known: int
    """Of these: of which it is known whether they are bad."""
    bad: int
    """Of `known`."""


@value
class Measured:
    """Three conditions over what was told of a case."""

    about: str
    """The measure is about it."""
    known: str
    bad: str


MEASURED: dict[str, Measured] = {
    ANSWERED_IN_TIME: Measured(
        "NOT closed_otherwise", "due_at < $until",
        "NOT coalesce(last_on_time AND (reopened_last IS NULL OR answered_last > reopened_last), false)",
    ),
    LATE_AVOIDED: Measured("true", "ended OR overdue > 0", "overdue > 0 OR NOT coalesce(first_on_time, true)"),
    REOPENED_AVOIDED: Measured(
        "answered_first IS NOT NULL", f"answered_first + {SETTLED} <= $until OR reopened_first IS NOT NULL",
        f"coalesce(reopened_first <= answered_first + {SETTLED}, false)",
    ),
    POORLY_RATED_AVOIDED: Measured("rating IS NOT NULL", "true", f"rating <= {POOR_RATING}"),
}  # fmt: skip
COUNTED = f"""
WITH changed AS (
  SELECT d.case_id FROM decided AS d JOIN inputs AS i ON {SAME_INPUTS}
  JOIN verdict AS v ON v.number = i.number AND v.changed
  WHERE d.arms IS NULL
), told AS (
  SELECT case_id,
    count(*) FILTER (kind = 'overdue') - count(*) FILTER (kind = 'overdue_withdrawn') AS overdue,
    arg_min(on_time, {ORDER}) FILTER (kind = 'answered') AS first_on_time,
    arg_max(on_time, {ORDER}) FILTER (kind = 'answered') AS last_on_time,
    min(happened_at) FILTER (kind = 'answered') AS answered_first,
    max(happened_at) FILTER (kind = 'answered') AS answered_last,
    min(happened_at) FILTER (kind = 'reopened') AS reopened_first,
    max(happened_at) FILTER (kind = 'reopened') AS reopened_last,
    arg_min(number, {ORDER}) FILTER (kind IN ('confirmed', 'reopened', 'rated') AND number IS NOT NULL) AS rating,
    arg_max(due_at, {ORDER}) FILTER (kind IN ('opened', 'extended', 'deferred', 'wait_ended', 'reopened')
      AND due_at IS NOT NULL) AS due_at,
    coalesce(bool_or(kind IN ('declined', 'withdrawn')), false) AS closed_otherwise,
    coalesce(bool_or(kind IN ('answered', 'declined', 'withdrawn')), false) AS ended,
    coalesce(bool_or(kind = 'joined' OR (kind = 'transferred' AND other IS NOT NULL)), false) AS left_out
  FROM past WHERE happened_at < $until AND case_id IN (SELECT case_id FROM changed) GROUP BY case_id
), judged AS (
  SELECT {{known}} AS known, {{bad}} AS bad FROM told WHERE NOT left_out AND {{about}}
)
SELECT count(*), count(*) FILTER (known), count(*) FILTER (known AND bad) FROM judged
"""  # noqa: S608
Judge = Callable[[Sequence[DecisionInputs]], Iterable[VerdictRow]]
"""What the change decides otherwise, of decisions with these inputs."""


@value
class Span:
    """Cases that were given from `since` to `until`, as they stood at `seen`. `skipped` is the arm of the change's own
    trial whose cases do not count, as `rows.arms_text` writes it."""

    since: datetime
    until: datetime
    seen: datetime
    skipped: str
    by_release: bool


def counted(
    measure: str, span: Span, judge: Judge, parquet: Sequence[Path], csv: Path | None, folder: Path
) -> CaseCounts:
    """Of cases that a change decides otherwise."""
    window = Window(
        microseconds(span.seen), microseconds(span.since), microseconds(span.until), by_release=span.by_release,
        other_rules=(span.skipped,),
    )  # fmt: skip
    with opened(folder) as db:
        gather(db, parquet, csv)
        past = Past(db, window)
        past.judge(judge(past.inputs()))
        return _count(db, measure, window.until)


def _count(db: duckdb.DuckDBPyConnection, measure: str, until: int) -> CaseCounts:
    how = MEASURED[measure]
    row = db.execute(COUNTED.format(about=how.about, known=how.known, bad=how.bad), {"until": until}).fetchone()
    assert row is not None
    return CaseCounts(*row)
