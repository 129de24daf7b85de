"""SQL of messages that wait until their citizen says which case they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.frozen import value


@value
class HeldMessage:
    """`record` is sealed: the message as it came, and by what its sender is known."""

    message_id: str
    thread: bytes
    citizen: str
    case_ids: Sequence[str]
    """Of the question, in the order in which they were offered."""
    until: datetime
    record: bytes
    key_id: str


FIELDS = tuple(HeldMessage.__dataclass_fields__)
COLUMNS = ", ".join(FIELDS)


async def of_threads(db: asyncpg.Connection, threads: Collection[bytes]) -> dict[bytes, list[HeldMessage]]:
    """What waits in these conversations, in the order in which it came; held until the transaction ends."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM held_message WHERE thread = ANY($1::bytea[])"  # noqa: S608
        " ORDER BY thread, arrival FOR UPDATE",
        sorted(threads),
    )
    return _by_thread(rows)


async def overdue(db: asyncpg.Connection, now: datetime, most: int) -> list[bytes]:
    """Conversations in which something has waited long enough, the longest first."""
    rows = await db.fetch(
        "SELECT thread FROM held_message WHERE until <= $1 GROUP BY thread ORDER BY min(until), thread LIMIT $2",
        now, most,
    )  # fmt: skip
    return [row["thread"] for row in rows]


async def keep(db: asyncpg.Connection, new: Iterable[HeldMessage]) -> None:
    await db.executemany(
        f"INSERT INTO held_message ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)",  # noqa: S608
        [tuple(getattr(one, name) for name in FIELDS) for one in new],
    )


async def let_go(db: asyncpg.Connection, message_ids: Iterable[str]) -> None:
    """These wait no longer."""
    await db.execute("DELETE FROM held_message WHERE message_id = ANY($1::text[])", sorted(message_ids))


def _by_thread(rows: Sequence[asyncpg.Record]) -> dict[bytes, list[HeldMessage]]:
    found: dict[bytes, list[HeldMessage]] = {}
    for row in rows:
        found.setdefault(row["thread"], []).append(HeldMessage(**dict(row)))
    return found
