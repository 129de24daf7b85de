"""Operators' orders about this service's dead letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import asyncpg
from aiokafka.structs import ConsumerRecord

from common.catalogue import Installation
from common.delivery import Delivery, Emit
from common.events.operations import DeadLetterSettled, RecordDisclosure, ReplayDeadLetter, SkipDeadLetter
from common.kafka import Record
from common.outbox import unpack_headers
from common.rights import HasPeople, may
from common.signing import SignatureRefused, Verifier

HandleAgain = Callable[[asyncpg.Connection, Record], Awaitable[list[Emit]]]
Outcome = Literal["replayed", "skipped", "failed_again", "disclosed", "refused"]
Order = ReplayDeadLetter | SkipDeadLetter | RecordDisclosure


class Operations:
    """Replays, skips, and notes who looked."""

    def __init__(self, service: str, installation: Installation, verifier: Verifier, federation: HasPeople) -> None:
        self._service = service
        self._installation = installation
        self._verifier = verifier
        self._federation = federation

    async def carry_out(self, db: asyncpg.Connection, delivery: Delivery, again: HandleAgain) -> list[Emit]:
        """Do what one order says; orders for other services are left alone. Refusals are events."""
        order = delivery.event
        assert isinstance(order, Order)
        if order.service != self._service:
            return []
        try:
            self._verifier.check(delivery)
            refused = may(self._federation, order.actor, type(order))
        except SignatureRefused as error:
            refused = str(error)
        if refused is not None:
            return [self._settled(delivery, order, "refused", refused)]
        letter = await db.fetchrow(
            "SELECT * FROM dead_letter WHERE id = $1 AND settled IS NULL FOR UPDATE", order.dead_letter_id
        )
        if letter is None:
            return [self._settled(delivery, order, "refused", "no open dead letter of this id here")]
        if isinstance(order, RecordDisclosure):
            return [self._settled(delivery, order, "disclosed", "")]
        emits: list[Emit] = []
        if isinstance(order, ReplayDeadLetter):
            try:
                async with db.transaction():
                    emits.extend(await again(db, self._record(letter)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the operator is told
                return [self._settled(delivery, order, "failed_again", f"{type(error).__name__}: {error}"[:500])]
        outcome: Outcome = "replayed" if isinstance(order, ReplayDeadLetter) else "skipped"
        await db.execute("UPDATE dead_letter SET settled = $2 WHERE id = $1", order.dead_letter_id, outcome)
        emits.extend(await self._release_parked(db, letter, again))
        emits.append(self._settled(delivery, order, outcome, ""))
        return emits

    async def _release_parked(self, db: asyncpg.Connection, letter: asyncpg.Record, again: HandleAgain) -> list[Emit]:
        """Handle what waited behind the head, in order, up to the first that fails, which becomes the new head."""
        emits: list[Emit] = []
        rows = await db.fetch(
            'SELECT * FROM parked WHERE topic = $1 AND key = $2 ORDER BY "offset"', letter["topic"], letter["key"]
        )
        for row in rows:
            try:
                async with db.transaction():
                    emits.extend(await again(db, self._record(row)))
            except Exception as error:  # noqa: BLE001 - it becomes the new head, with its reason
                await db.execute(
                    'INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, body, reason, parks_key)'
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true) ON CONFLICT (id) DO NOTHING",
                    f"{letter['id']}/{row['offset']}", row["topic"], row["partition"], row["offset"], row["key"],
                    row["headers"], row["body"], f"{type(error).__name__}: {error}"[:500],
                )  # fmt: skip
                await self._drop(db, row)
                break
            await self._drop(db, row)
        return emits

    async def _drop(self, db: asyncpg.Connection, row: asyncpg.Record) -> None:
        await db.execute(
            'DELETE FROM parked WHERE topic = $1 AND partition = $2 AND "offset" = $3',
            row["topic"], row["partition"], row["offset"],
        )  # fmt: skip

    def _record(self, row: asyncpg.Record) -> Record:
        return ConsumerRecord(
            topic=self._installation.physical(row["topic"]),
            partition=row["partition"],
            offset=row["offset"],
            timestamp=0,
            timestamp_type=0,
            key=row["key"].encode(),
            value=row["body"],
            checksum=None,
            serialized_key_size=len(row["key"]),
            serialized_value_size=len(row["body"]),
            headers=tuple(unpack_headers(row["headers"])),
        )

    def _settled(self, delivery: Delivery, order: Order, outcome: Outcome, reason: str) -> Emit:
        event = DeadLetterSettled(
            dead_letter_id=order.dead_letter_id,
            service=self._service,
            outcome=outcome,
            actor=order.actor.id,
            reason=reason,
        )
        topic = f"{self._service}.operations"
        return Emit(topic, order.dead_letter_id, event, delivery.envelope, delivery.envelope.time)
