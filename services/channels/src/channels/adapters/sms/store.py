"""SQL of SMS: who wants none, and when a message came first."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from common.messaging.postgres import transaction

from channels import store


async def opt_out(pool: asyncpg.Pool, whose: str) -> None:
    """`whose` is a keyed hash of the number."""
    await pool.execute("INSERT INTO sms_opt_out (whose) VALUES ($1) ON CONFLICT DO NOTHING", whose)


async def opt_in(pool: asyncpg.Pool, whose: str) -> None:
    await pool.execute("DELETE FROM sms_opt_out WHERE whose = $1", whose)


async def wants_none(pool: asyncpg.Pool, whose: str) -> bool:
    return await pool.fetchval("SELECT true FROM sms_opt_out WHERE whose = $1", whose) is not None


async def first_heard(pool: asyncpg.Pool, name: str, now: datetime) -> datetime:
    """When a message came first, whose post names no time: at each repetition it says the same. `name` is a keyed
    hash."""
    async with transaction(pool) as db:
        first = await store.first_bodies(db, [(name, now.isoformat().encode())])
    return datetime.fromisoformat(first[name].decode())
