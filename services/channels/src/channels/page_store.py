"""SQL of citizens' own pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.frozen import value

from channels.case_state import CaseState
from channels.citizen_page import NewPage
from channels.conversation_citizens import Gone, columns


@value
class KeptPage:
    """A page, by its link's fingerprint."""

    sealed: bytes
    begun_at: datetime
    on_its_way: bool
    """Something was posted of which nothing is known yet."""
    refused: bool
    full_until: datetime | None
    """The conversation has said enough for a day, which is over then."""
    call: str | None
    """The number to call in an emergency, where the rules name one."""
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
    row = await pool.fetchrow(
        "SELECT p.sealed, p.begun_at,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = $1 AND m.state IS NULL) AS on_its_way,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = $1 AND m.state = 'refused'"
        " AND m.full_until IS NULL) AS refused, f.full_until, f.call,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = $1 AND m.state = 'which_case') AS which_case,"
        " EXISTS (SELECT FROM posted_message AS m WHERE m.fingerprint = $1 AND m.state = 'erasure_waits')"
        " AS erasure_waits FROM citizen_page AS p"
        " LEFT JOIN LATERAL (SELECT m.full_until, m.call FROM posted_message AS m"
        " WHERE m.fingerprint = $1 AND m.full_until IS NOT NULL ORDER BY m.full_until DESC LIMIT 1) AS f ON true"
        " WHERE p.fingerprint = $1",
        fingerprint,
    )
    return KeptPage(**dict(row)) if row is not None else None


async def cases_of(
    pool: asyncpg.Pool, fingerprint: bytes, most: int, before: CaseState | None = None
) -> list[str]:  # fmt: skip
    """Cases that were posted about in a conversation, the newest first; `before`: older than this one. Each costs one
    look into an index."""
    older = "AND (m.about_at, m.case_id) < (coalesce({at}, 'infinity'), {case_id})"
    first = older.format(at="$3::timestamptz", case_id="$4::text") if before is not None else ""
    one = (
        "(SELECT m.about_at, m.case_id FROM posted_message AS m WHERE m.fingerprint = $1 AND m.case_id IS NOT NULL"
        " {older} ORDER BY m.about_at DESC, m.case_id DESC LIMIT 1)"
    )
    rows = await pool.fetch(
        f"WITH RECURSIVE found AS ({one.format(older=first)} UNION ALL SELECT n.* FROM found AS f CROSS JOIN LATERAL"  # noqa: S608
        f" {one.format(older=older.format(at='f.about_at', case_id='f.case_id'))} AS n)"
        " SELECT case_id FROM found LIMIT $2",
        fingerprint, most, *([before.begun_at, before.case_id] if before is not None else []),
    )  # fmt: skip
    return [row["case_id"] for row in rows]


async def case_of(pool: asyncpg.Pool, fingerprint: bytes, case_id: str) -> CaseState | None:
    """One of these cases."""
    row = await pool.fetchrow(
        f"SELECT {', '.join(f'c.{name}' for name in CaseState.__dataclass_fields__)}"  # noqa: S608
        " FROM case_state AS c WHERE c.case_id = $2 AND EXISTS (SELECT FROM posted_message AS m"
        " WHERE m.fingerprint = $1 AND m.about_at = coalesce(c.begun_at, 'infinity') AND m.case_id = c.case_id)",
        fingerprint, case_id,
    )  # fmt: skip
    return CaseState(**dict(row)) if row is not None else None


async def forget_pages(db: asyncpg.Connection, gone: Gone) -> None:
    """Pages that were begun before their citizens were erased."""
    await db.execute(
        "DELETE FROM citizen_page AS p USING unnest($1::bytea[], $2::timestamptz[]) AS g(fingerprint, erased_at)"
        " WHERE p.fingerprint = g.fingerprint AND p.begun_at <= g.erased_at",
        *columns(gone),
    )
