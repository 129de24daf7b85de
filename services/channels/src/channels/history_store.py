"""SQL of the history of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg

from channels.case_history import OWN_WORDS, HistoryEntry

KEPT = tuple(name for name in HistoryEntry.__dataclass_fields__ if name != "shown_at")
"""What an entry begins with."""


async def add_entries(db: asyncpg.Connection, entries: Iterable[HistoryEntry]) -> None:
    """Steps of cases; of citizens' own words those alone that were posted here."""
    ordered = sorted(entries, key=attrgetter("case_id", "event_id"))
    if ordered:
        await db.execute(
            "INSERT INTO case_step (case_id, event_id, at, sequence, kind, words, due_at, authority, region,"
            " on_time, rating, other, message_id, citizen)"
            " SELECT e.* FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[],"
            " $7::timestamptz[], $8::text[], $9::text[], $10::boolean[], $11::smallint[], $12::text[], $13::text[],"
            " $14::text[]) AS e(case_id, event_id, at, sequence, kind, words, due_at, authority, region, on_time,"
            " rating, other, message_id, citizen)"
            " WHERE e.kind <> ALL($15::text[]) OR EXISTS (SELECT FROM posted_message AS m WHERE m.id = e.message_id)"
            " ON CONFLICT DO NOTHING",
            *([getattr(entry, name) for entry in ordered] for name in KEPT),
            sorted(OWN_WORDS),
        )


async def entries_of(pool: asyncpg.Pool, case_ids: Iterable[str], fingerprint: bytes) -> list[HistoryEntry]:
    """The steps of these cases in their order, for a secret's holder: without words of other citizens."""
    rows = await pool.fetch(
        "SELECT * FROM case_step AS h WHERE case_id = ANY($1::text[])"
        " AND (kind <> ALL($3::text[])"
        " OR EXISTS (SELECT FROM posted_message AS m WHERE m.id = h.message_id AND m.fingerprint = $2))"
        " ORDER BY at, array_position($3::text[], kind), sequence, event_id",
        sorted(case_ids),
        fingerprint,
        sorted(OWN_WORDS),
    )
    return [HistoryEntry(**dict(row)) for row in rows]


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
