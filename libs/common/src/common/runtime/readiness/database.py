"""What the database says: dead letters, parked keys, outputs that wait, where each partition stands, the time heard."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import asyncpg

from common.contracts.catalogue import known_types
from common.contracts.events.clock import TimePassed
from common.messaging.clock import last_tick
from common.messaging.consume.error_text import reason_of
from common.messaging.postgres import DATABASE_AWAY, Database
from common.messaging.problems import Problem
from common.messaging.produce.relay import Relay
from common.messaging.telemetry.metrics import (
    DATABASE_UP,
    OPEN_DEAD_LETTERS,
    OUTBOX_AGE,
    OUTBOX_HELD,
    OUTBOX_PENDING,
    PARKED_KEYS,
    PARKED_RECORDS,
    TICK_AHEAD,
)
from common.runtime.readiness.seen import Seen, TopicOrigin
from common.runtime.settings import Settings

DATABASE_PATIENCE_SECONDS = 2.0

Warnings = Callable[[Database], Awaitable[Sequence[Problem]]]
"""Looks into a service's own database, and sets its gauges; what an operator should know of it."""

COUNTS = """
SELECT
    (SELECT count(*) FROM outbox) AS outbox_pending,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 FROM outbox) AS outbox_age,
    (SELECT count(*) FROM parked) AS parked_records
"""
OPEN_LETTERS = """
SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(appended_at))::float8 AS oldest
FROM dead_letter WHERE settled IS NULL GROUP BY topic ORDER BY topic
"""
HELD_BY_TOPIC = """
SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(held_at))::float8 AS oldest
FROM outbox_held GROUP BY topic ORDER BY topic
"""
PARKED_BY_TOPIC = """
SELECT b.topic, b.number, coalesce(p.number, 0) AS records, p.oldest
FROM (SELECT topic, count(*) AS number FROM blocked_key GROUP BY topic) AS b
LEFT JOIN (
    SELECT topic, count(*) AS number, extract(epoch FROM clock_timestamp() - min(appended_at))::float8 AS oldest
    FROM parked GROUP BY topic
) AS p USING (topic)
ORDER BY b.topic
"""
HEARD = "SELECT until, extract(epoch FROM until - clock_timestamp())::float8 AS ahead FROM heard_tick"
REFUSED = "SELECT number, words FROM refused_tick WHERE refused_at > clock_timestamp() - $1::interval ORDER BY why"
POSITIONS = "SELECT topic, partition, next_offset FROM position"


class DatabaseLook:
    """Asks the service's own database, and sets its gauges."""

    def __init__(
        self, settings: Settings, pool: asyncpg.Pool, relay: Relay, origin: TopicOrigin, warnings: Warnings | None
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._relay = relay
        self._origin = origin
        self._warnings = warnings
        self._lives_by_ticks = TimePassed in known_types(settings.name)
        self._held_topics: set[str] = set()

    async def look(self, seen: Seen) -> dict[tuple[str, int], int] | None:
        """The next offset by topic and partition; None where the database does not answer."""
        settings = self._settings
        try:
            async with self._pool.acquire(timeout=DATABASE_PATIENCE_SECONDS) as db:
                row = await db.fetchrow(COUNTS, timeout=DATABASE_PATIENCE_SECONDS)
                positions = await db.fetch(POSITIONS, timeout=DATABASE_PATIENCE_SECONDS)
                letters = await db.fetch(OPEN_LETTERS, timeout=DATABASE_PATIENCE_SECONDS)
                parked = await db.fetch(PARKED_BY_TOPIC, timeout=DATABASE_PATIENCE_SECONDS)
                if self._lives_by_ticks:
                    await self._heard(seen, db)
                held = await db.fetch(HELD_BY_TOPIC, timeout=DATABASE_PATIENCE_SECONDS)
                if self._warnings is not None:
                    seen.details += await asyncio.wait_for(self._warnings(db), DATABASE_PATIENCE_SECONDS)
        except (asyncpg.PostgresError, *DATABASE_AWAY) as error:
            seen.facts["database"] = False
            DATABASE_UP.set(0)
            for gauge in (OUTBOX_PENDING, OUTBOX_AGE, OPEN_DEAD_LETTERS, PARKED_KEYS, PARKED_RECORDS):
                gauge.set(math.nan)
            seen.problem("database_away", f"the database cannot be reached: {reason_of(error)}")
            return None
        assert row is not None
        seen.facts |= {
            "database": True,
            **dict(row),
            "outbox_age": round(row["outbox_age"], 1),
            "open_dead_letters": sum(r["number"] for r in letters),
            "parked_keys": sum(r["number"] for r in parked),
        }
        DATABASE_UP.set(1)
        OUTBOX_PENDING.set(row["outbox_pending"])
        OUTBOX_AGE.set(row["outbox_age"])
        OPEN_DEAD_LETTERS.set(seen.facts["open_dead_letters"])
        PARKED_KEYS.set(seen.facts["parked_keys"])
        PARKED_RECORDS.set(row["parked_records"])
        if row["outbox_age"] > settings.ready_outbox_seconds:
            seen.problem(
                "outbox_old",
                f"what was decided {row['outbox_age']:.0f} s ago is not published yet: is Kafka well?",
                waiting=row["outbox_pending"], oldest=seen.facts["outbox_age"],
            )  # fmt: skip
        self._left_over(seen, letters, parked)
        self._waiting_for_topics(seen, held)
        return {(r["topic"], r["partition"]): r["next_offset"] for r in positions}

    def _left_over(self, seen: Seen, letters: Sequence[asyncpg.Record], parked: Sequence[asyncpg.Record]) -> None:
        """Dead letters and parked keys by topic: each topic has the whole bound to itself."""
        settings = self._settings
        for topic, number, oldest in letters:
            seen.left(
                "dead_letters",
                f"{number} dead letters are open of {topic}: look with `otklik dlq list`, replay or skip them",
                topic, level=self._origin.level(topic, number > settings.ready_dead_letters),
                waiting=number, oldest=oldest,
            )  # fmt: skip
        for topic, number, records, oldest in parked:
            seen.left(
                "keys_parked",
                f"{number} keys wait behind a dead letter of {topic}: replay or skip their heads",
                topic, level=self._origin.level(topic, number > settings.ready_parked_keys),
                waiting=records, oldest=oldest,
            )  # fmt: skip

    def _waiting_for_topics(self, seen: Seen, held: Sequence[asyncpg.Record]) -> None:
        """Records whose topic does not take them. They are sent by themselves when it does."""
        seen.facts["held_records"] = sum(r["number"] for r in held)
        for topic in self._held_topics - {r["topic"] for r in held}:
            OUTBOX_HELD.labels(topic).set(0)
        self._held_topics |= {r["topic"] for r in held}
        for topic, number, oldest in held:
            OUTBOX_HELD.labels(topic).set(number)
            known = self._relay.held.topics.get(topic)
            why = known.words if known is not None else "see the log of the replica whose relay has them"
            seen.left(
                "outbox_held",
                f"{number} records for {topic} wait and go out by themselves when it takes them: {why}",
                topic, level=self._origin.level(topic), waiting=number, oldest=oldest,
            )  # fmt: skip

    async def _heard(self, seen: Seen, db: Database) -> None:
        """The time that was heard, and what was not believed."""
        heard = await db.fetchrow(HEARD, timeout=DATABASE_PATIENCE_SECONDS)
        corrected = await last_tick.correction(db)
        seen.facts |= {
            "last_tick": None if heard is None else heard["until"].isoformat(),
            "time_corrected": None
            if corrected is None
            else {
                "until": corrected.until.isoformat(),
                "wrong_until": corrected.wrong_until.isoformat(),
                "appended_at": corrected.appended_at.isoformat(),
                "reason": corrected.reason,
                "actor": corrected.actor,
            },
        }
        for row in await db.fetch(REFUSED, last_tick.SHOWN, timeout=DATABASE_PATIENCE_SECONDS):
            words = f"refused ({row['number']} of this kind so far): {row['words']}"
            seen.details.append(Problem("tick_refused", words, "warning"))
        if corrected is not None and datetime.now(UTC) - corrected.appended_at < last_tick.SHOWN:
            words = f"ticks after {corrected.until.isoformat()} were taken back: {corrected.reason}"
            seen.details.append(Problem("tick_corrected", words, "note"))
        if self._settings.time == "wall" and heard is not None:
            until, ahead = heard["until"], heard["ahead"]
            TICK_AHEAD.set(ahead)
            if ahead > 2 * self._settings.tick_skew_seconds:
                seen.problem(
                    "clock_ahead",
                    f"the last tick ends at {until.isoformat()}, {ahead:.0f} s after the database's time: deadlines"
                    " fired too early, and none fires until then; `otklik clock` says how to take it back",
                    left_over=True,
                )
