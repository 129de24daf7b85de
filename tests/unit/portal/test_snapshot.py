"""How long a request holds a connection; what it reads stands in the integration tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from portal.snapshot import InOneSnapshot, SnapshotPool
from starlette.types import Message, Receive, Scope, Send


class Counted:
    """Stands for asyncpg's pool, and for its one connection."""

    def __init__(self) -> None:
        self.held = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Counted]:
        self.held += 1
        yield self
        self.held -= 1

    @asynccontextmanager
    async def transaction(self, **_: object) -> AsyncIterator[None]:
        yield

    async def fetchval(self, query: str, *values: Any) -> Any:
        return query


async def test_a_reader_who_takes_the_answer_slowly_holds_no_connection() -> None:
    pool = Counted()
    snapshots = SnapshotPool(pool)  # type: ignore[arg-type]
    held: list[int] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await snapshots.fetchval("SELECT 1")
        held.append(pool.held)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1"})

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def slow(message: Message) -> None:
        held.append(pool.held)

    await InOneSnapshot(page, snapshots, frozenset())({"type": "http", "method": "GET", "path": "/"}, nothing, slow)
    assert held == [1, 0, 0]
