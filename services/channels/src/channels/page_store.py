"""SQL of citizens' own pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.frozen import value

from channels.citizen_page import NewPage


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
        "erasure_waits" in states,
    )  # fmt: skip


async def note_citizens(db: asyncpg.Connection, speakers: Mapping[str, str]) -> None:
    """Whose pages they are: pseudonyms by the ids of messages that were posted by them."""
    ordered = sorted(speakers.items())
    await db.execute(
        "UPDATE citizen_page AS p SET citizen = s.citizen FROM posted_message AS m,"
        " unnest($1::text[], $2::text[]) AS s(message_id, citizen)"
        " WHERE m.id = s.message_id AND p.fingerprint = m.fingerprint AND p.citizen IS NULL",
        [message_id for message_id, _ in ordered],
        [citizen for _, citizen in ordered],
    )


async def forget_pages(db: asyncpg.Connection, citizens: Sequence[str]) -> None:
    """Pages that erased citizens began until then."""
    await db.execute(
        "DELETE FROM citizen_page AS p USING erased_citizen AS e"
        " WHERE e.citizen = ANY($1::text[]) AND p.citizen = e.citizen AND p.begun_at <= e.erased_at",
        sorted(citizens),
    )
