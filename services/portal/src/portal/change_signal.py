"""Whoever watches a page is woken when what it shows has changed, by whichever replica committed the change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator

import asyncpg
from common.messaging.works import Work

CHANNEL = "portal_changes"
EVERYTHING = "everything"
MAX_NAMED = 100
"""Of a batch that touches more things, nobody is told which: every watcher looks."""
MAX_BYTES = 7_999
"""PostgreSQL refuses a longer notification, and with it the transaction."""
AGAIN_SECONDS = 5.0


async def tell(db: asyncpg.Connection, subjects: Collection[str]) -> None:
    """Wake those who watch one of these, once the transaction is committed: before, they would see the old state."""
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, named(subjects))


def named(subjects: Collection[str]) -> str:
    """How a notification says what has changed."""
    words = " ".join(sorted(subjects))
    return EVERYTHING if len(subjects) > MAX_NAMED or len(words.encode()) > MAX_BYTES else words


class Watch:
    """What somebody watches, and whether it has changed since they last looked."""

    def __init__(self, subjects: Collection[str]) -> None:
        self.subjects = frozenset(subjects)
        self.changed = asyncio.Event()


class Changes:
    """A number that grows with each batch, and those who watch."""

    def __init__(self, pool: asyncpg.Pool, work: Work | None = None) -> None:
        self._pool = pool
        self._work = work or Work("listen_for_changes")
        self.number = 0
        self._watches: set[Watch] = set()

    @contextlib.contextmanager
    def watching(self, subjects: Collection[str]) -> Iterator[Watch]:
        watch = Watch(subjects)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def hear(self, told: str) -> None:
        """Wake those who watch one of these subjects, separated by blanks."""
        self.number += 1
        subjects = frozenset(told.split(" "))
        for watch in self._watches:
            if EVERYTHING in subjects or EVERYTHING in watch.subjects or watch.subjects & subjects:
                watch.changed.set()

    async def listen(self) -> None:
        """For as long as the service runs. After the database was away everybody looks: something may be missed."""
        while True:
            with self._work.attempt():
                await self._listen_once()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen_once(self) -> None:
        """Until the connection is gone."""
        gone = asyncio.Event()

        def heard(_db: object, _process: int, _channel: str, told: object) -> None:
            self.hear(str(told))

        def lost(_db: object) -> None:
            gone.set()

        async with self._pool.acquire() as db:
            db.add_termination_listener(lost)
            await db.add_listener(CHANNEL, heard)
            try:
                self.hear(EVERYTHING)
                self._work.done()
                await gone.wait()
            finally:
                db.remove_termination_listener(lost)
                await db.remove_listener(CHANNEL, heard)
