"""SQL of the history of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg

from channels.case_history import LAST_PLACE, OWN_WORDS, PLACES, HistoryEntry, order_of

KEPT = tuple(name for name in HistoryEntry.__dataclass_fields__ if name != "shown_at")
"""What an entry begins with."""
COLUMNS = ", ".join(f"s.{name}" for name in HistoryEntry.__dataclass_fields__)


NEWEST = "ORDER BY s.at DESC, s.place DESC, s.sequence DESC, s.event_id DESC"


async def add_entries(db: asyncpg.Connection, entries: Iterable[HistoryEntry]) -> None:
    """Steps of cases; of citizens' own words those alone that were posted here."""
    ordered = sorted(entries, key=attrgetter("case_id", "event_id"))
    if ordered:
        await db.execute(
            "INSERT INTO case_step (case_id, event_id, at, sequence, kind, words, due_at, authority, region,"
            " on_time, rating, other, message_id, citizen, place, whose)"
            " SELECT e.*, CASE WHEN m.id IS NOT NULL THEN coalesce(m.fingerprint, '') END"
            " FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[],"
            " $7::timestamptz[], $8::text[], $9::text[], $10::boolean[], $11::smallint[], $12::text[], $13::text[],"
            " $14::text[], $15::smallint[]) AS e(case_id, event_id, at, sequence, kind, words, due_at, authority,"
            " region, on_time, rating, other, message_id, citizen, place)"
            " LEFT JOIN posted_message AS m ON m.id = e.message_id AND e.kind = ANY($16::text[])"
            " WHERE e.kind <> ALL($16::text[]) OR m.id IS NOT NULL"
            " ON CONFLICT DO NOTHING",
            *([getattr(entry, name) for entry in ordered] for name in KEPT),
            [PLACES.get(entry.kind, LAST_PLACE) for entry in ordered],
            sorted(OWN_WORDS),
        )


async def newest_of(
    pool: asyncpg.Pool, case_ids: Sequence[str], fingerprint: bytes, most: int, before: HistoryEntry | None = None
) -> list[HistoryEntry]:
    """The newest steps of each of these cases, in their order, for a secret's holder: at most so many of what was
    done, and as many of the holder's own; of other citizens none. `before`: older than this one."""
    cut = order_of(before) if before is not None else (None, None, None, None)
    some = (
        f"(SELECT {COLUMNS} FROM case_step AS s WHERE s.case_id = c.case_id AND s.whose {{whose}}"  # noqa: S608
        " AND (s.at, s.place, s.sequence, s.event_id) < (coalesce($4::timestamptz, 'infinity'), $5::smallint,"
        f" $6::bigint, $7::text) {NEWEST} LIMIT $3)"
    )
    rows = await pool.fetch(
        "SELECT h.* FROM unnest($1::text[]) AS c(case_id) CROSS JOIN LATERAL"  # noqa: S608
        f" ({some.format(whose='IS NULL')} UNION ALL {some.format(whose='= $2')}) AS h",
        list(case_ids), fingerprint, most, *cut,
    )  # fmt: skip
    return _in_order(rows)


async def last_of(
    pool: asyncpg.Pool, case_ids: Sequence[str], kinds: Iterable[str], fingerprint: bytes
) -> list[HistoryEntry]:
    """Of each of these cases the last step of each kind, and the last that has a deadline; in their order."""
    some = (
        f"(SELECT {COLUMNS} FROM case_step AS s WHERE s.case_id = c.case_id AND s.kind = k.kind"  # noqa: S608
        f" AND (s.whose IS NULL OR s.whose = $3){{due}} {NEWEST} LIMIT 1)"
    )
    rows = await pool.fetch(
        "SELECT h.* FROM unnest($1::text[]) AS c(case_id) CROSS JOIN unnest($2::text[]) AS k(kind)"  # noqa: S608
        f" CROSS JOIN LATERAL ({some.format(due='')} UNION {some.format(due=' AND s.due_at IS NOT NULL')}) AS h",
        list(case_ids), sorted(kinds), fingerprint,
    )  # fmt: skip
    return _in_order(rows)


async def step_of(
    pool: asyncpg.Pool, case_ids: Sequence[str], event_id: str, fingerprint: bytes
) -> HistoryEntry | None:
    """A step of one of these cases that a secret's holder may read."""
    row = await pool.fetchrow(
        f"SELECT {COLUMNS} FROM case_step AS s WHERE s.case_id = ANY($1::text[]) AND s.event_id = $2"  # noqa: S608
        " AND (s.whose IS NULL OR s.whose = $3) LIMIT 1",
        list(case_ids), event_id, fingerprint,
    )  # fmt: skip
    return HistoryEntry(**dict(row)) if row is not None else None


def _in_order(rows: Iterable[asyncpg.Record]) -> list[HistoryEntry]:
    return sorted((HistoryEntry(**dict(row)) for row in rows), key=order_of)


async def note_shown(pool: asyncpg.Pool, case_id: str, event_ids: Sequence[str], at: datetime) -> None:
    """Questions that their citizen has seen."""
    await pool.execute(
        "UPDATE case_step SET shown_at = $3 WHERE case_id = $1 AND event_id = ANY($2::text[]) AND shown_at IS NULL",
        case_id,
        list(event_ids),
        at,
    )


async def forget_words_in(db: asyncpg.Connection, names: Sequence[str]) -> None:
    """Words that were said until then in those of these cases and messages that erased conversations hold."""
    await db.execute(
        "UPDATE case_step AS h SET words = '' FROM erased_words AS e WHERE e.name = ANY($1::text[])"
        " AND h.citizen = e.citizen AND (h.case_id = e.name OR h.message_id = e.name) AND h.at <= e.erased_at"
        " AND h.words <> ''",
        list(names),
    )


async def forget_words(db: asyncpg.Connection, citizens: Sequence[str]) -> None:
    """Words that erased citizens said until then."""
    await db.execute(
        "UPDATE case_step AS h SET words = '' FROM erased_citizen AS e"
        " WHERE e.citizen = ANY($1::text[]) AND h.citizen = e.citizen AND h.at <= e.erased_at AND h.words <> ''",
        sorted(citizens),
    )
