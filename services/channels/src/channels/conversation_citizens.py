"""SQL of whose conversations over HTTP they are, by the fingerprint of the secret: what is kept of one goes by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import asyncpg

Gone = Mapping[bytes, datetime]
"""Conversations of erased citizens, and when they were erased last."""


def columns(gone: Gone) -> tuple[list[bytes], list[datetime]]:
    """For `unnest`, in one order for everybody."""
    ordered = sorted(gone.items())
    return [fingerprint for fingerprint, _ in ordered], [at for _, at in ordered]


async def note(db: asyncpg.Connection, speakers: Mapping[str, tuple[str, datetime]]) -> None:
    """By the ids of messages that were posted: the pseudonym of whoever said it, and when."""
    ordered = sorted(speakers.items())
    await db.execute(
        "INSERT INTO conversation_citizen AS c (fingerprint, citizen, spoken_at)"
        " SELECT DISTINCT ON (m.fingerprint) m.fingerprint, s.citizen, s.at FROM posted_message AS m"
        " JOIN unnest($1::text[], $2::text[], $3::timestamptz[]) AS s(message_id, citizen, at)"
        " ON m.id = s.message_id WHERE m.fingerprint IS NOT NULL ORDER BY m.fingerprint, s.at DESC"
        " ON CONFLICT (fingerprint) DO UPDATE SET citizen = EXCLUDED.citizen, spoken_at = EXCLUDED.spoken_at"
        " WHERE c.spoken_at < EXCLUDED.spoken_at",
        [message_id for message_id, _ in ordered],
        [citizen for _, (citizen, _) in ordered],
        [at for _, (_, at) in ordered],
    )


async def gone(db: asyncpg.Connection, citizens: Collection[str]) -> dict[bytes, datetime]:
    """Of these citizens those who were erased: their conversations, in which they may have spoken since."""
    rows = await db.fetch(
        "SELECT c.fingerprint, e.erased_at FROM erased_citizen AS e JOIN conversation_citizen AS c USING (citizen)"
        " WHERE e.citizen = ANY($1::text[])",
        sorted(set(citizens)),
    )
    return {row["fingerprint"]: row["erased_at"] for row in rows}


async def gone_by_themselves(db: asyncpg.Connection, message_ids: Collection[str]) -> dict[bytes, datetime]:
    """Conversations in which these messages were posted, and that were erased by themselves."""
    rows = await db.fetch(
        "SELECT m.fingerprint, max(e.erased_at) AS erased_at FROM erased_words AS e JOIN posted_message AS m"
        " ON m.id = e.name WHERE e.name = ANY($1::text[]) AND m.fingerprint IS NOT NULL GROUP BY m.fingerprint",
        sorted(set(message_ids)),
    )
    return {row["fingerprint"]: row["erased_at"] for row in rows}


async def erased_among(db: asyncpg.Connection, fingerprints: Collection[bytes]) -> dict[bytes, datetime]:
    """Of these conversations those that were erased, by themselves or with their citizens, and when."""
    rows = await db.fetch(
        "SELECT fingerprint, max(erased_at) AS erased_at FROM ("
        "SELECT c.fingerprint, e.erased_at FROM conversation_citizen AS c JOIN erased_citizen AS e USING (citizen)"
        " WHERE c.fingerprint = ANY($1::bytea[])"
        " UNION ALL SELECT m.fingerprint, e.erased_at FROM posted_message AS m JOIN erased_words AS e ON e.name = m.id"
        " WHERE m.fingerprint = ANY($1::bytea[])) AS gone GROUP BY fingerprint",
        sorted(set(fingerprints)),
    )
    return {row["fingerprint"]: row["erased_at"] for row in rows}
