"""Publishes the receipts of what was delivered and of what was given up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from common.contracts.envelope import derived_id
from common.contracts.events.channel import NoticeDelivered
from common.runtime.context import Context

from channels.delivery import store
from channels.delivery.store import Settled
from channels.settings import ChannelsSettings

AT_ONCE = 100
LOOK_SECONDS = 0.5
KEPT = timedelta(days=8)
"""Longer than a notice's correction, and the notice itself, lie on a topic."""
CLEANING_SECONDS = 3600.0
WAITS_SECONDS = 30.0
SILENT = "the far side took it and did not say what became of it"


class Receipts:
    """A receipt has the same id however often it is published, so that intake takes it once."""

    def __init__(self, context: Context[ChannelsSettings]) -> None:
        self._context = context
        self._work = context.works.watch("publish_receipts", matters=True)

    async def run(self) -> None:
        while True:
            count = 0
            with self._work.attempt():
                due = await store.receipts_due(self._context.pool, AT_ONCE)
                await asyncio.gather(*(self._publish(one) for one in due))
                count = len(due)
            if count < AT_ONCE:
                await asyncio.sleep(LOOK_SECONDS)

    async def end_waits(self) -> None:
        """What the far side took and said nothing more of."""
        await store.end_waits(self._context.pool, SILENT)

    async def give_up_unfetched(self, channels: Sequence[str], term: timedelta) -> None:
        """Of channels whose notices the far side fetches."""
        await store.give_up_unfetched(self._context.pool, channels, term)

    async def forget_old(self) -> None:
        """What was settled so long ago that nothing refers to it any more."""
        await store.forget(self._context.pool, KEPT)

    async def _publish(self, one: Settled) -> None:
        word = "delivered" if one.delivered else "not delivered"
        event = NoticeDelivered(notice_id=one.notice_id, delivered=one.delivered, reason=one.reason)
        await self._context.publish(
            f"channel.{one.channel}.receipts", one.notice_id, event,
            id=derived_id("receipt", one.channel, one.notice_id, word), time=one.settled_at, sign=True,
        )  # fmt: skip
        await store.receipt_published(self._context.pool, one.notice_id)
