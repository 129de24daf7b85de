"""SQL of citizens' own pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.frozen import value

from channels.citizen_page import NewPage
from channels.conversation_citizens import Gone, columns


@value
class KeptPage:
    """A page, by its link's fingerprint."""

    sealed: bytes
    begun_at: datetime
    case_ids: Sequence[str]
    """Of what was posted by it, the oldest first."""
    on_its_way: int
    """How many things were posted of which nothing is known yet."""
    refused: int
    which_case: bool
    """Something that was posted waits for the citizen to say which case it is about."""
    erasure_waits: bool
    """Everything is erased once the citizen asks for it in each of their conversations."""


async def add_pages(db: asyncpg.Connection, pages: Sequence[NewPage]) -> None:
    ordered = sorted(pages, key=attrgetter("fingerprint"))
    await db.executemany(
        "INSERT INTO citizen_page (fingerprint, sealed, begun_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(p.fingerprint, p.sealed, p.begun_at) for p in ordered],
    )


async def page_of(pool: asyncpg.Pool, fingerprint: bytes) -> KeptPage | None:
    """None where nobody has such a link, or its citizen was erased."""
    row = await pool.fetchrow("SELECT sealed, begun_at FROM citizen_page WHERE fingerprint = $1", fingerprint)
    if row is None:
        return None
    posted = await pool.fetch(
        "SELECT m.case_id, m.state, c.begun_at FROM posted_message AS m LEFT JOIN case_state AS c USING (case_id)"
        " WHERE m.fingerprint = $1 ORDER BY c.begun_at NULLS LAST, m.case_id",
        fingerprint,
    )
    case_ids = dict.fromkeys(p["case_id"] for p in posted if p["case_id"] is not None)
    states = [p["state"] for p in posted]
    return KeptPage(
        row["sealed"], row["begun_at"], tuple(case_ids), states.count(None), states.count("refused"),
        "which_case" in states, "erasure_waits" in states,
    )  # fmt: skip


async def forget_pages(db: asyncpg.Connection, gone: Gone) -> None:
    """Pages that were begun before their citizens were erased."""
    await db.execute(
        "DELETE FROM citizen_page AS p USING unnest($1::bytea[], $2::timestamptz[]) AS g(fingerprint, erased_at)"
        " WHERE p.fingerprint = g.fingerprint AND p.begun_at <= g.erased_at",
        *columns(gone),
    )
