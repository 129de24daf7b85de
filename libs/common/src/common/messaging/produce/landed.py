"""What a relay before this one, or an attempt that failed, had put on a topic without noting it."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from common.contracts.catalogue import Installation
from common.messaging.kafka import read_to_end
from common.messaging.produce.sending import Identity, identity
from common.messaging.settings import MessagingSettings


async def landed(
    db: asyncpg.Connection, settings: MessagingSettings, installation: Installation, topic: str, slots: Collection[int]
) -> set[Identity]:
    """The identities of all that lies behind what the relays of these slots have noted of a topic (logical name)."""
    starts = await _seen_up_to(db, topic, slots)
    records = await read_to_end(settings, installation.physical(topic), starts)
    return {identity(topic, record.headers) for record in records}


async def _seen_up_to(db: asyncpg.Connection, topic: str, slots: Collection[int]) -> dict[int, int]:
    """By partition, the first offset behind all that the relays of these slots have noted."""
    rows = await db.fetch(
        "SELECT partition, min(last_offset) + 1 AS first FROM relay_position"
        " WHERE topic = $1 AND slot = ANY($2::smallint[]) GROUP BY partition HAVING count(*) = $3",
        topic,
        list(slots),
        len(slots),
    )
    return {row["partition"]: row["first"] for row in rows}
