"""What reflex keeps: facts until their tick, and each loop's state by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
from common.messaging.postgres import copy_in

Body = dict[str, Any]
KeptState = tuple[str, str, Body | None]
"""Loop, key and body; no body: the row is to go."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last tick whose state was saved, and the transaction that saved it."""

    until: datetime
    writer: str
    length: timedelta | None = None
    """None where an older version wrote it."""


@dataclass(frozen=True, slots=True)
class TakenFact:
    """A fact's row; its id is unique among facts of one time, its body what `facts.text_of_fact` says."""

    at: datetime
    id: str
    body: str


async def buffer(db: asyncpg.Connection, facts: Sequence[TakenFact]) -> None:
    """Keep facts until the tick; a repeat is the same row."""
    await db.execute(
        "INSERT INTO fact (at, id, body)"
        " SELECT a, i, b FROM unnest($1::timestamptz[], $2::text[], $3::text[]) AS r(a, i, b)"
        " ON CONFLICT DO NOTHING",
        [f.at for f in facts],
        [f.id for f in facts],
        [f.body for f in facts],
    )


async def take(db: asyncpg.Connection, until: datetime, *, keep: bool) -> list[TakenFact]:
    """Remove and return the facts before `until`, in order of (time, id); `keep` puts them aside.

    What others say at the very tick may be read before or after it, so it waits for the next.
    """
    rows = await db.fetch(
        "WITH gone AS (DELETE FROM fact WHERE at < $1 RETURNING at, id, body)"
        " SELECT at, id, body FROM gone ORDER BY at, id",
        until,
    )
    if keep:
        await copy_in(
            db, "fact_taken", columns=["until", "at", "id", "body"],
            records=[(until, r["at"], r["id"], r["body"]) for r in rows],
        )  # fmt: skip
    return [TakenFact(r["at"], r["id"], r["body"]) for r in rows]


async def last_tick(db: asyncpg.Connection) -> Last | None:
    """The last tick, locked until the transaction ends."""
    row = await db.fetchrow("SELECT until, writer, length FROM last_tick FOR UPDATE")
    return None if row is None else Last(row["until"], row["writer"], row["length"])


async def save_tick(db: asyncpg.Connection, until: datetime, length: timedelta | None) -> Last:
    """Write the tick under this transaction's own number."""
    row = await db.fetchrow(
        "INSERT INTO last_tick (until, writer, length) VALUES ($1, pg_current_xact_id()::text, $2)"
        " ON CONFLICT (one) DO UPDATE SET until = EXCLUDED.until, writer = EXCLUDED.writer, length = EXCLUDED.length"
        " RETURNING until, writer, length",
        until,
        length,
    )
    assert row is not None
    return Last(row["until"], row["writer"], row["length"])


async def load(db: asyncpg.Connection, loops: Sequence[str]) -> Mapping[str, dict[str, Body]]:
    """The state of some loops: loop -> key -> body."""
    found: dict[str, dict[str, Body]] = {}
    for row in await db.fetch("SELECT loop, key, body FROM loop_state WHERE loop = ANY($1)", list(loops)):
        found.setdefault(row["loop"], {})[row["key"]] = orjson.loads(row["body"])
    return found


async def save(db: asyncpg.Connection, changed: Sequence[KeptState]) -> None:
    """Save what changed and remove what is gone, one statement each."""
    kept = [(loop, key, body) for loop, key, body in changed if body is not None]
    gone = [(loop, key) for loop, key, body in changed if body is None]
    if kept:
        await db.execute(
            "INSERT INTO loop_state (loop, key, body)"
            " SELECT l, k, b FROM unnest($1::text[], $2::text[], $3::text[]) AS r(l, k, b)"
            " ON CONFLICT (loop, key) DO UPDATE SET body = EXCLUDED.body",
            [c[0] for c in kept],
            [c[1] for c in kept],
            [orjson.dumps(c[2]).decode() for c in kept],
        )
    if gone:
        await db.execute(
            "DELETE FROM loop_state AS s USING unnest($1::text[], $2::text[]) AS r(l, k)"
            " WHERE s.loop = r.l AND s.key = r.k",
            [c[0] for c in gone],
            [c[1] for c in gone],
        )
