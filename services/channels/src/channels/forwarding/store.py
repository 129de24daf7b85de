"""SQL of forwarded cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg

from channels.forwarding.forwarded import Forwarded

FIELDS = tuple(Forwarded.__dataclass_fields__)


GIVEN = ("case_id", "region", "authority", "reference", "category", "description", "address", "lat", "lon")


async def add(db: asyncpg.Connection, cases: Sequence[tuple[Forwarded, str]]) -> None:
    """Cases with their citizens; once each, however often a region gives it to the authority."""
    await db.execute(
        f"INSERT INTO forwarded_case ({', '.join(GIVEN)}, citizen)"  # noqa: S608 - own names alone
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::float8[], $9::float8[], $10::text[]) ON CONFLICT DO NOTHING",
        *([getattr(case, name) for case, _ in cases] for name in GIVEN), [citizen for _, citizen in cases],
    )  # fmt: skip


async def end(db: asyncpg.Connection, case_ids: Iterable[str]) -> None:
    """Cases of which their endpoint need tell nothing more."""
    await db.execute(
        "UPDATE forwarded_case SET ended = true, description = '', address = NULL WHERE case_id = ANY($1::text[])",
        sorted(case_ids),
    )


async def forget_erased(db: asyncpg.Connection, citizens: Sequence[str]) -> None:
    """What is still to be sent of these, who were erased, is sent no more."""
    await db.execute(
        "UPDATE forwarded_case AS f SET description = '', address = NULL, ended = f.ended OR f.sent_at IS NULL"
        " FROM erased_citizen AS e WHERE e.citizen = ANY($1::text[]) AND f.citizen = e.citizen AND f.opened_at <= now()"
        " AND f.description <> ''",
        sorted(citizens),
    )


async def forget_in(db: asyncpg.Connection, citizen: str, case_ids: Sequence[str]) -> None:
    """The same of these cases of an erased conversation."""
    await db.execute(
        "UPDATE forwarded_case AS f SET description = '', address = NULL, ended = f.ended OR f.sent_at IS NULL"
        " WHERE f.case_id = ANY($2::text[]) AND f.citizen = $1 AND f.opened_at <= now() AND f.description <> ''",
        citizen, list(case_ids),
    )  # fmt: skip


async def claim(pool: asyncpg.Pool, authority: str, count: int, lease: timedelta) -> list[Forwarded]:
    """Those that are to be sent or asked about now; nobody else has them until the lease is over."""
    rows = await pool.fetch(
        "UPDATE forwarded_case SET next_at = now() + $3::interval WHERE case_id IN ("
        "SELECT case_id FROM forwarded_case WHERE authority = $1 AND NOT ended AND next_at <= now()"
        " ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING *",
        authority, count, lease,
    )  # fmt: skip
    return [Forwarded(**{name: row[name] for name in FIELDS}) for row in rows]


async def save(pool: asyncpg.Pool, case: Forwarded, after: timedelta, *, ended: bool = False) -> None:
    """The endpoint has it, so its words lie here no more; it is asked about again `after` this."""
    await pool.execute(
        "UPDATE forwarded_case SET request_id = $2, token = $3, begun = $4, ended = ended OR $6, description = '',"
        " address = NULL, sent_at = coalesce(sent_at, now()), tries = 0, next_at = now() + $5::interval"
        " WHERE case_id = $1",
        case.case_id, case.request_id, case.token, case.begun, after, ended,
    )  # fmt: skip


async def put_off(pool: asyncpg.Pool, case_ids: Sequence[str], longest: timedelta) -> None:
    """Tried again later, each time twice as late."""
    await pool.execute(
        "UPDATE forwarded_case SET tries = tries + 1,"
        " next_at = now() + least($2::interval, interval '1 second' * power(2, least(tries, 20)))"
        " WHERE case_id = ANY($1::text[])",
        list(case_ids), longest,
    )  # fmt: skip
