"""The past in DuckDB: sealing the journal as Parquet, and what is asked of all of it. One thread, bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common.contracts.frozen import value
from common.messaging.failures import TransientError

from archive.rows import PastRow

if TYPE_CHECKING:
    import duckdb

MEMORY = "128MB"
"""Beyond this DuckDB writes to the folder that it is given."""
_TEXT = {
    "kind", "region", "authority", "area", "category", "given", "channel", "release", "rows", "reason", "other", "arms",
}  # fmt: skip
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
    release: str | None = None
    """What it was made under, where that matters."""
    arms: str | None = None
    """The other rules that it followed, of trials that matter: as `rows.arms_text` writes them."""
    read_category: str | None = None
    """What a model or the citizen named where no row of the category map did."""


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


class FollowedCases(NamedTuple):
    """Cases that a change gave to another authority than the rule before it would have."""

    decisions: int
    known: int
    newly_right: int
    newly_wrong: int


class PlaceCount(NamedTuple):
    region: str
    area: str
    channel: str
    category: str
    decisions: int


@value
class Evidence:
    """Cases that a proposal is made of: of one cell, else of all, from the first to the last. Microseconds."""

    first: int
    last: int
    category: str | None = None
    area: str | None = None


@value
class Window:
    """Which of the past counts, in microseconds of Unix time."""

    until: int
    """What happened before is known."""
    decided_from: int | None = None
    decided_until: int | None = None
    """Decisions in between, else all."""
    by_release: bool = False
    """Decisions under other releases are other decisions."""
    other_rules: tuple[str, ...] = ()
    """Arms that matter, each as `rows.arms_text` writes it: decisions that followed them are other decisions."""
    evidence: tuple[Evidence, ...] = ()
    """Not counted where the change decides them otherwise."""


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into a folder; raises TransientError where there is no room for that."""
    import duckdb

    options: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": MEMORY, "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
    }  # fmt: skip
    db = duckdb.connect(":memory:", config=options)
    try:
        yield db
    except duckdb.OperationalError as error:
        raise TransientError(f"the past cannot be asked: {error}") from error
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
    """Make the view `past` of segments and the journal's text; a segment may be older than a column."""
    parts, files = [], ", ".join(repr(str(file)) for file in parquet)
    if parquet:
        parts.append(f"SELECT * FROM read_parquet([{files}], union_by_name = true)")  # noqa: S608
    if csv is not None:
        parts.append(f"SELECT * FROM {_journal(csv)}")  # noqa: S608
    db.execute(f"CREATE VIEW past AS {' UNION ALL BY NAME '.join(parts)}")


# A case's first decision in the whole federation; a message in triage that nobody has placed has none.
DECIDED = """
CREATE TEMP TABLE decided AS
SELECT o.case_id, o.happened_at, o.region, o.channel, o.category, o.authority,
  CASE WHEN o.by_hand AND a.reason IN ('no_place', 'outside_every_region') THEN NULL ELSE o.area END AS area,
  o.area AS hand_area, coalesce(o.given, a.given) AS given, o.by_hand,
  CASE WHEN o.by_hand AND o.said_category THEN o.category END AS said_category,
  CASE WHEN o.by_hand AND o.said_authority THEN o.authority END AS said_authority,
  CASE WHEN NOT o.by_hand AND o.said_category THEN o.category END AS read_category,
  CASE WHEN $by_release THEN o.release END AS release,
  CASE WHEN $by_arms THEN
    nullif(array_to_string(list_sort(list_intersect(string_split(o.arms, ' '), $other_rules::VARCHAR[])), ' '), '')
  END AS arms
FROM (
  SELECT * FROM past WHERE kind = 'opened' AND NOT handed_over AND happened_at < $until
    AND ($decided_from IS NULL OR happened_at >= $decided_from)
    AND ($decided_until IS NULL OR happened_at < $decided_until)
) AS o
LEFT JOIN (
  SELECT case_id, given, reason FROM past WHERE kind = 'triage_requested' AND happened_at < $until
) AS a USING (case_id)
"""
SAME_INPUTS = """
  i.region = d.region AND i.area IS NOT DISTINCT FROM d.area AND i.given IS NOT DISTINCT FROM d.given
  AND i.by_hand = d.by_hand AND i.said_category IS NOT DISTINCT FROM d.said_category
  AND i.said_authority IS NOT DISTINCT FROM d.said_authority AND i.hand_area = d.hand_area
  AND i.release IS NOT DISTINCT FROM d.release AND i.arms IS NOT DISTINCT FROM d.arms
  AND i.read_category IS NOT DISTINCT FROM d.read_category
"""
INPUTS = f"""
CREATE TEMP TABLE inputs AS
SELECT row_number() OVER () AS number, * FROM (SELECT DISTINCT {", ".join(DecisionInputs._fields[1:])} FROM decided)
"""  # noqa: S608
VERDICT = """
CREATE TEMP TABLE verdict (
  number BIGINT, changed BOOLEAN, without VARCHAR, instead VARCHAR, without_minutes BIGINT, without_extended BIGINT,
  instead_minutes BIGINT, instead_extended BIGINT
)
"""
VERDICTS = f"INSERT INTO verdict SELECT {', '.join(f'unnest(${name})' for name in VerdictRow._fields)}"
EVIDENCE = "CREATE TEMP TABLE evidence (first BIGINT, last BIGINT, category VARCHAR, area VARCHAR)"
LEFT_OUT = f"""
CREATE TEMP TABLE left_out AS
SELECT d.case_id FROM decided AS d JOIN inputs AS i ON {SAME_INPUTS}
JOIN verdict AS v ON v.number = i.number AND v.changed
WHERE EXISTS (
  SELECT 1 FROM evidence AS e WHERE d.happened_at BETWEEN e.first AND e.last
    AND (e.category IS NULL OR e.category = d.category) AND (e.area IS NULL OR e.area = d.hand_area)
)
"""  # noqa: S608
WAITING = """
SELECT count(*) FROM (SELECT DISTINCT case_id FROM past WHERE kind = 'triage_requested' AND happened_at < $until)
ANTI JOIN decided USING (case_id)
ANTI JOIN (
  SELECT case_id FROM past WHERE kind IN ('triage_declined', 'message_split') AND happened_at < $until
) USING (case_id)
"""
PLACES = """
SELECT region, hand_area, channel, category, count(*) FROM decided ANTI JOIN left_out USING (case_id)
GROUP BY ALL ORDER BY ALL
"""
# Only what happened to changed cases is read. Two records of one time are of two regions, and name one authority.
OUTCOMES = f"""
WITH changed AS (
  SELECT d.*, v.* EXCLUDE (number, changed) FROM (FROM decided ANTI JOIN left_out USING (case_id)) AS d
  JOIN inputs AS i ON {SAME_INPUTS}
  JOIN verdict AS v ON v.number = i.number AND v.changed
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
), ended AS (
  SELECT c.*, coalesce(o.joined, false) AS joined, coalesce(o.closed, false) AS closed,
    coalesce(o.transfers, 0) AS transfers, o.ended_with, o.worked,
    o.extended_at IS NOT NULL AND o.extended_at < o.answered_at AS extended
  FROM changed AS c LEFT JOIN outcome AS o USING (case_id)
)
"""  # noqa: S608
CHANGED = f"""
{OUTCOMES}, judged AS (
  SELECT *,
    without IS NOT NULL AND instead IS NOT NULL AND without <> instead AND authority = without
      AND transfers > 0 AND ended_with = instead AND NOT joined AS saved,
    without = instead AND worked IS NOT NULL
      AND (without_minutes, without_extended) <> (instead_minutes, instead_extended) AS timed
  FROM ended
)
SELECT region, hand_area, channel, category, without, instead, count(*),
  count(*) FILTER (saved),
  count(*) FILTER (timed),
  count(*) FILTER (timed AND worked > without_minutes + CASE WHEN extended THEN without_extended ELSE 0 END),
  count(*) FILTER (timed AND worked > instead_minutes + CASE WHEN extended THEN instead_extended ELSE 0 END),
  count(*) FILTER (NOT joined AND (closed OR transfers > 0))
FROM judged GROUP BY ALL ORDER BY ALL
"""  # noqa: S608
# Cases that a rule gave to where the change sends them; where they lie says where they belong.
FOLLOWED = f"""
{OUTCOMES}, lying AS (
  SELECT instead, without, CASE WHEN transfers > 0 THEN ended_with ELSE authority END AS lies_with,
    closed OR transfers > 0 OR happened_at <= $settled AS known
  FROM ended WHERE NOT by_hand AND NOT joined AND without <> instead AND authority = instead
)
SELECT count(*), count(*) FILTER (known),
  count(*) FILTER (known AND lies_with = instead), count(*) FILTER (known AND lies_with = without)
FROM lying
"""  # noqa: S608


class Past:
    """Questions to the view `past` as of a window; each `Past` is asked once: first its inputs, then with verdicts."""

    def __init__(self, db: duckdb.DuckDBPyConnection, window: Window) -> None:
        self._db = db
        self._until = {"until": window.until}
        db.execute(
            DECIDED,
            {
                **self._until, "decided_from": window.decided_from, "decided_until": window.decided_until,
                "by_release": window.by_release, "by_arms": bool(window.other_rules),
                "other_rules": list(window.other_rules),
            },
        )  # fmt: skip
        db.execute(INPUTS)
        db.execute(EVIDENCE)
        for one in window.evidence:
            db.execute("INSERT INTO evidence VALUES (?, ?, ?, ?)", [one.first, one.last, one.category, one.area])

    def inputs(self) -> list[DecisionInputs]:
        names = ", ".join(DecisionInputs._fields)
        rows = self._db.execute(f"SELECT {names} FROM inputs ORDER BY number").fetchall()  # noqa: S608
        return [DecisionInputs(*row) for row in rows]

    def judge(self, verdicts: Iterable[VerdictRow]) -> None:
        """Take what the rules say of the inputs; those that are not said to be changed need not be told."""
        self._db.execute(VERDICT)
        columns = list(zip(*verdicts, strict=True))
        if columns:
            self._db.execute(VERDICTS, dict(zip(VerdictRow._fields, map(list, columns), strict=True)))
        self._db.execute(LEFT_OUT)

    def decisions(self) -> tuple[int | None, int, int]:
        """When the first that counts was made, how many are left out, and how many messages nobody has placed."""
        first = self._db.execute("SELECT min(happened_at) FROM decided ANTI JOIN left_out USING (case_id)").fetchone()
        left_out = self._db.execute("SELECT count(*) FROM left_out").fetchone()
        waiting = self._db.execute(WAITING, self._until).fetchone()
        assert first is not None
        assert left_out is not None
        assert waiting is not None
        return first[0], left_out[0], waiting[0]

    def places(self) -> list[PlaceCount]:
        return [PlaceCount(*row) for row in self._db.execute(PLACES).fetchall()]

    def changed(self) -> list[ChangedGroup]:
        """What would have become of decisions that the verdicts call changed."""
        return [ChangedGroup(*row) for row in self._db.execute(CHANGED, self._until).fetchall()]

    def followed(self, settled: int) -> FollowedCases:
        """What became of cases that followed the change; one given by `settled` that was not passed on lies there."""
        row = self._db.execute(FOLLOWED, {**self._until, "settled": settled}).fetchone()
        assert row is not None
        return FollowedCases(*row)
