"""What one request reads, it reads as of one moment: never a case's history with the state from before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, cast

import asyncpg
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Snapshot:
    """One moment of the database, taken at the first question; the questions wait for each other."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._held = AsyncExitStack()
        self._db: asyncpg.Connection | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._lock:
            if self._db is None:
                db = await self._held.enter_async_context(self._pool.acquire())
                await self._held.enter_async_context(db.transaction(isolation="repeatable_read", readonly=True))
                self._db = cast(asyncpg.Connection, db)
            yield self._db

    async def release(self) -> None:
        """Give the connection back; a later question takes a new moment."""
        async with self._lock:
            self._db = None
            await self._held.aclose()


_current: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


class SnapshotPool:
    """A pool to read from: within a request that `InOneSnapshot` leads, all of it as of one moment."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """What is read inside is read as of one moment."""
        snapshot = Snapshot(self._pool)
        before = _current.set(snapshot)
        try:
            yield
        finally:
            _current.reset(before)
            await snapshot.release()

    async def release(self) -> None:
        """All is read that this request wants: its connection is needed no more."""
        if (snapshot := _current.get()) is not None:
            await snapshot.release()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        snapshot = _current.get()
        async with snapshot.connection() if snapshot is not None else self._pool.acquire() as db:
            yield cast(asyncpg.Connection, db)

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with self.acquire() as db:
            return list(await db.fetch(query, *values))

    async def fetchrow(self, query: str, *values: Any) -> asyncpg.Record | None:
        async with self.acquire() as db:
            return await db.fetchrow(query, *values)

    async def fetchval(self, query: str, *values: Any) -> Any:
        async with self.acquire() as db:
            return await db.fetchval(query, *values)


class InOneSnapshot:
    """Each question to a page is answered from one moment; orders and streams, which last, are not.

    All is read when the answer begins: a reader who takes it slowly holds no connection.
    """

    def __init__(self, app: ASGIApp, pool: SnapshotPool, lasting: frozenset[str]) -> None:
        self._app, self._pool, self._lasting = app, pool, lasting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"] in self._lasting:
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            await self._pool.release()
            await send(message)

        async with self._pool.taken():
            await self._app(scope, receive, answer)
