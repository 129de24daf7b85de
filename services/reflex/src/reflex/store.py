"""What reflex keeps: each loop's state by key, and what its ticks took of the facts that wait in the tick buffer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
from common.contracts.envelope import Envelope
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered
from common.messaging.postgres import copy_in

Body = dict[str, Any]
KeptState = tuple[str, str, Body | None]
"""Loop, key and body; no body: the row is to go."""
MAX_ROWS = 2000
"""Of one statement: a tick after a pause changes many, and their texts need not all be in memory at once."""


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


async def take(db: asyncpg.Connection, until: datetime, *, keep: bool) -> list[TakenFact]:
    """Remove and return the facts before `until`, in order of (time, id); `keep` puts them aside."""
    # Two regions may say the same id: neither takes the place of the other's fact.
    found = [
        TakenFact(one.envelope.time, f"{one.envelope.id} {one.topic}", one.body.decode())
        for one in await tick_buffer.take(db, until)
    ]
    if keep:
        await copy_in(
            db,
            "fact_taken",
            columns=["until", "at", "id", "body"],
            records=[(until, f.at, f.id, f.body) for f in found],
        )
    return found


async def put_back(db: asyncpg.Connection, facts: Sequence[TakenFact]) -> None:
    """These facts wait for a tick again."""
    await tick_buffer.keep(db, [_buffered(fact) for fact in facts])


def _buffered(fact: TakenFact) -> Buffered:
    """What reads it knows it by its time and id alone."""
    name, _, topic = fact.id.rpartition(" ")
    return Buffered("", topic, 0, Envelope(name, "", "", fact.at, "", ""), fact.body.encode())


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


def texts_of(changed: Iterable[KeptState]) -> list[tuple[str, str, str]]:
    """Loop, key and body as text of what is to be kept."""
    return [(loop, key, orjson.dumps(body).decode()) for loop, key, body in changed if body is not None]


async def save(db: asyncpg.Connection, changed: Sequence[KeptState]) -> None:
    """Save what changed and remove what is gone, a statement for so many rows."""
    for at in range(0, len(changed), MAX_ROWS):
        await _save_part(db, changed[at : at + MAX_ROWS])


async def _save_part(db: asyncpg.Connection, changed: Sequence[KeptState]) -> None:
    kept = texts_of(changed)
    gone = [(loop, key) for loop, key, body in changed if body is None]
    if kept:
        await db.execute(
            "INSERT INTO loop_state (loop, key, body)"
            " SELECT l, k, b FROM unnest($1::text[], $2::text[], $3::text[]) AS r(l, k, b)"
            " ON CONFLICT (loop, key) DO UPDATE SET body = EXCLUDED.body",
            [c[0] for c in kept],
            [c[1] for c in kept],
            [c[2] for c in kept],
        )
    if gone:
        await db.execute(
            "DELETE FROM loop_state AS s USING unnest($1::text[], $2::text[]) AS r(l, k)"
            " WHERE s.loop = r.l AND s.key = r.k",
            [c[0] for c in gone],
            [c[1] for c in gone],
        )
