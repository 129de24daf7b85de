"""Takes notices from the topics into the table from which they are delivered."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg
from common.contracts.catalogue import channel_of
from common.contracts.delivery import Delivery
from common.contracts.events.channel import NoticeWithdrawn
from common.contracts.unambiguous_bytes import joined

from channels import conversation_citizens
from channels.delivery import store
from channels.delivery.deliverer import Outgoing
from channels.delivery.notices import Notice, outgoing, read, replaced_by, written
from channels.delivery.store import Kept
from channels.edge_key import EdgeKey, fingerprint

NOTICES = "notices to be delivered"
"""For this they are sealed."""
OUTBOUND = "outbound"
"""The last part of the topic's name."""


class Keeper:
    """Keeps the notices of some channels, sealed, in the batch's transaction."""

    def __init__(self, channels: Collection[str], key: EdgeKey) -> None:
        self._channels = frozenset(channels)
        self._key = key
        self._sealer = key.sealer(NOTICES)

    def wants(self, topic: str) -> bool | None:
        """Of a topic of notices: whether they are delivered here. None for any other topic."""
        if not topic.startswith("channel.") or not topic.endswith(f".{OUTBOUND}"):
            return None
        return channel_of(topic) in self._channels

    async def keep(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        """A correction stops what it corrects; where none of that can have reached the citizen it is not sent. Nor is
        what was said to citizens before they were erased."""
        notices: list[Kept] = []
        told_in: set[bytes] = set()
        for delivery in batch:
            event = delivery.event
            if isinstance(event, NoticeWithdrawn) and self.wants(delivery.topic):
                await store.keep(db, notices)
                notices = []
                await store.withdraw(db, [event.notice_id])
            if not isinstance(event, Notice) or not self.wants(delivery.topic):
                continue
            if replaced := replaced_by(event):
                await store.keep(db, notices)
                notices = []
                if not await store.correct(db, replaced):
                    continue
            notices.append(self._kept(outgoing(delivery, event), delivery.envelope.time))
            told_in.add(notices[-1].conversation)
        await store.keep(db, notices)
        if told_in and (gone := await conversation_citizens.erased_among(db, told_in)):
            await store.forget_erased(db, gone)

    def opened(self, notice_id: str, sealed: bytes) -> Outgoing:
        """Raises NotSealedHere."""
        return read(self._sealer.open_bytes(sealed, notice_id))

    def _kept(self, out: Outgoing, at: datetime) -> Kept:
        whose = joined((out.channel, out.address), "\0")
        recipient = hmac.digest(self._sealer.hash_key, whose, "sha256")[:16]
        sealed = self._sealer.seal_bytes(written(out), out.notice_id)
        told_in = fingerprint(self._key.secret(out.channel, out.conversation))
        return Kept(out.notice_id, out.channel, recipient, sealed, told_in, at)
