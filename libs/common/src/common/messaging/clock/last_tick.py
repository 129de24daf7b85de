"""The time that a service has heard, whichever replica of it reads the clock: the last tick that was believed, the
last correction, and which ticks were refused."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from common.contracts.delivery import Delivery
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.frozen import value
from common.messaging.clock.tick_bounds import TickBounds, Wrong, after
from common.messaging.postgres import Database

log = logging.getLogger(__name__)

SHOWN = timedelta(days=1)
"""How long readiness speaks of a refused tick."""


@value
class Correction:
    """Ticks that ended after `until`, up to `wrong_until`, were wrong; the broker took this word at `appended_at`."""

    until: datetime
    wrong_until: datetime
    appended_at: datetime
    reason: str
    actor: str


async def latest(db: Database | asyncpg.Pool) -> TimePassed | None:
    """None before the first."""
    row = await db.fetchrow("SELECT since, until FROM heard_tick")
    return None if row is None else TimePassed(since=row["since"], until=row["until"])


async def save(db: asyncpg.Connection, tick: TimePassed) -> None:
    """From now on this tick is the last."""
    await db.execute(
        "INSERT INTO heard_tick (since, until) VALUES ($1, $2) ON CONFLICT (one)"
        " DO UPDATE SET since = EXCLUDED.since, until = EXCLUDED.until",
        tick.since, tick.until,
    )  # fmt: skip


async def correction(db: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> Correction | None:
    """The last one; None where there was none."""
    row = await db.fetchrow("SELECT until, wrong_until, appended_at, reason, actor FROM time_correction")
    return None if row is None else Correction(*row)


async def hear(
    db: asyncpg.Connection, deliveries: Sequence[Delivery], bounds: TickBounds
) -> tuple[list[Delivery], list[tuple[Delivery, Wrong]]]:
    """Remember the ticks and corrections of a batch; returns it without the ticks that move time no further and without
    those that are refused, and the latter.

    A refused tick is no dead letter: nothing in it can be handled later, and the next right tick says it all.
    """
    last = await latest(db)
    kept: list[Delivery] = []
    refused: list[tuple[Delivery, Wrong]] = []
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, TimePassed | TimeCorrected):
            wrong = bounds.wrong(delivery, last)
            if wrong is not None:
                refused.append((delivery, wrong))
                continue
            before, last = last, after(event, last)
            if isinstance(event, TimeCorrected):
                await _note_correction(db, event, delivery)
            elif last is before:
                continue
        kept.append(delivery)
    if last is not None:
        await save(db, last)
    for delivery, wrong in refused:
        log.error("refused: %s (%s/%d/%d)", wrong.words, delivery.topic, delivery.partition, delivery.offset)
        await db.execute(
            "INSERT INTO refused_tick AS r (why, words, number) VALUES ($1, $2, 1) ON CONFLICT (why)"
            " DO UPDATE SET words = EXCLUDED.words, number = r.number + 1, refused_at = now()",
            wrong.why, wrong.words,
        )  # fmt: skip
    return kept, refused


async def _note_correction(db: asyncpg.Connection, event: TimeCorrected, delivery: Delivery) -> None:
    log.warning("ticks up to %s were wrong and are taken back to %s: %s", event.wrong_until, event.until, event.reason)
    await db.execute(
        "INSERT INTO time_correction (until, wrong_until, appended_at, reason, actor) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (one) DO UPDATE SET until = EXCLUDED.until, wrong_until = EXCLUDED.wrong_until,"
        " appended_at = EXCLUDED.appended_at, reason = EXCLUDED.reason, actor = EXCLUDED.actor",
        event.until, event.wrong_until, delivery.appended_at, event.reason, event.actor.id,
    )  # fmt: skip
