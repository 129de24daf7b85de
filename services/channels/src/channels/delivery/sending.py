"""Tries the notices of one channel: so many citizens at once, beside all other channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.retry import Backoff
from common.messaging.sealing import NotSealedHere
from common.runtime.context import Context

from channels.delivery import store
from channels.delivery.deliverer import Awaited, Deliverer, Never, NotNow
from channels.delivery.keeping import Keeper
from channels.delivery.pacing import next_try
from channels.delivery.store import Claimed
from channels.settings import ChannelsSettings

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Notices of one channel under way at a time."""
TRY_SECONDS = 60.0
LEASE = timedelta(seconds=150)
"""When another process may try what this one said nothing of; longer than a try and its end take."""
LOOK_SECONDS = 0.5
"""Until the table is looked at again when nothing was due."""
FIRST_PAUSE_SECONDS = 2.0
"""Of a channel on which nobody can be reached; it doubles up to that of Backoff."""
MAX_REASON = 300


class Sender:
    """The loop of one channel."""

    def __init__(
        self, deliverer: Deliverer, keeper: Keeper, context: Context[ChannelsSettings], term: timedelta
    ) -> None:  # fmt: skip
        self._deliverer = deliverer
        self._keeper = keeper
        self._pool = context.pool
        self._work = context.works.watch(f"take up notices of {deliverer.channel}", matters=True)
        self._there = context.works.watch(f"deliver on {deliverer.channel}")
        self._term = term
        self._backoff = Backoff(FIRST_PAUSE_SECONDS)
        self._pause = 0.0
        """Seconds that the channel as a whole has to wait; 0: it works."""
        self._works = True

    async def run(self) -> None:
        """Until it is cancelled: what was under way then is tried again once its lease is over."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                if self._pause and not under_way:
                    pause, self._pause = self._pause, 0.0
                    await self._backoff.wait(pause)
                free = 0 if self._pause else (AT_ONCE if self._works else 1) - len(under_way)
                claimed = await self._claim(free) if free > 0 else []
                under_way |= {asyncio.create_task(self._try(one)) for one in claimed}
                if under_way:
                    done, under_way = await asyncio.wait(
                        under_way, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        task.result()
                else:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _claim(self, count: int) -> list[Claimed]:
        with self._work.attempt():
            return await store.claim(self._pool, self._deliverer.channel, count, LEASE)
        return []

    async def _try(self, claimed: Claimed) -> None:
        """One notice, once: delivered, put off or given up."""
        try:
            out = self._keeper.opened(claimed.notice_id, claimed.sealed)
        except NotSealedHere:
            await self._say(lambda: store.settle(self._pool, claimed.notice_id, "the edge's key was changed"))
            return
        try:
            async with asyncio.timeout(TRY_SECONDS):
                awaited = await self._deliverer.deliver(out)
        except Never as never:
            self._worked()
            await self._settle(claimed, never.reason)
        except NotNow as later:
            if later.everyone:
                self._works = False
                given = later.after.total_seconds() if later.after is not None else 0.0
                self._pause = max(self._pause, given, self._backoff.next())
                self._there.failed(TransientError(later.reason))
            else:
                self._worked()
            await self._put_off(claimed, later.reason, later.after, of_channel=later.everyone)
        except TimeoutError:
            await self._put_off(claimed, f"no answer within {TRY_SECONDS:.0f} s", None)
        except Exception as error:
            log.exception("a notice of channel %s was not delivered", self._deliverer.channel)
            await self._put_off(claimed, f"a fault of the deliverer: {type(error).__name__}", None)
        else:
            self._worked()
            await self._say(lambda: self._note_taken(claimed.notice_id, awaited))

    async def _note_taken(self, notice_id: str, awaited: Awaited | None) -> None:
        if awaited is not None:
            await store.await_word(self._pool, notice_id, awaited.within)
        else:
            await store.settle(self._pool, notice_id, None)

    def _worked(self) -> None:
        """The far side answers."""
        self._works = True
        self._there.done()
        self._backoff.reset()

    async def _put_off(
        self, claimed: Claimed, reason: str, after: timedelta | None, *, of_channel: bool = False
    ) -> None:  # fmt: skip
        """Where the channel as a whole fails, it pauses; its notices need no long pauses of their own."""
        tries = 1 if of_channel else claimed.tries
        at = next_try(claimed.now, claimed.taken_at, tries, after, self._term)
        if at is None:
            await self._settle(claimed, f"given up after {self._term}: {reason}")
        else:
            await self._say(lambda: store.put_off(self._pool, claimed.notice_id, at))

    async def _settle(self, claimed: Claimed, reason: str) -> None:
        await self._say(lambda: store.settle(self._pool, claimed.notice_id, reason[:MAX_REASON]))

    async def _say(self, statement: Callable[[], Awaitable[None]]) -> None:
        """Write what became of a try, however long the database is away: nothing else keeps it from a second one."""
        pauses = Backoff(0.2)
        while True:
            try:
                return await statement()
            except DATABASE_AWAY as error:
                self._work.failed(error)
                await pauses.wait(pauses.next())
