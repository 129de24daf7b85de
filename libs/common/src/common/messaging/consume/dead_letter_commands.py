"""Operators' orders about this service's dead letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import asyncpg

from common.contracts.catalogue import Installation
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.operations import DeadLetterSettled, RecordDisclosure, ReplayDeadLetter, SkipDeadLetter
from common.contracts.refusals import Reason, coded
from common.contracts.rights import HasPeople, denial
from common.contracts.signing import SignatureRefused, Verifier
from common.messaging.consume import dead_letters
from common.messaging.consume.dead_letters import DeadLetter, DeadLetters
from common.messaging.consume.error_text import reason_of
from common.messaging.consume.handler import TellsOfDisclosures
from common.messaging.kafka import Record
from common.messaging.produce.outbox import OutboxRow
from common.messaging.retry import may_pass

HandleAgain = Callable[[asyncpg.Connection, Record], Awaitable[list[Emit]]]
CommandOutcome = Literal["replayed", "skipped", "failed_again", "disclosed", "refused"]
ORDERS = (ReplayDeadLetter, SkipDeadLetter, RecordDisclosure)
DeadLetterOrder = ReplayDeadLetter | SkipDeadLetter | RecordDisclosure
NO_SUCH_LETTER = Reason("no_such_letter", "no open dead letter of this id here")


class Operations:
    """Replays, skips, and notes who looked."""

    def __init__(
        self, letters: DeadLetters, service: str, installation: Installation, verifier: Verifier, federation: HasPeople,
        disclosures: TellsOfDisclosures | None = None,
    ) -> None:  # fmt: skip
        self.letters = letters
        self._service = service
        self._installation = installation
        self._verifier = verifier
        self._federation = federation
        self._disclosures = disclosures
        self._region = service.removeprefix("regional-") if service.startswith("regional-") else None

    async def carry_out(
        self, db: asyncpg.Connection, delivery: Delivery, again: HandleAgain
    ) -> tuple[list[Emit], list[OutboxRow]]:
        """Do what one order says; orders for other services are left alone. Refusals are events.

        Returns what is to be published, and ready rows. A failure that may pass is raised: the order is tried again.
        """
        order = delivery.event
        assert isinstance(order, DeadLetterOrder)
        if order.service != self._service:
            return [], []
        try:
            principal = self._verifier.check(delivery)
            refused = denial(self._federation, order.actor, type(order), region=self._region, principal=principal)
        except SignatureRefused as error:
            refused = error.reason
        if refused is not None:
            return [self._settled(delivery, order, "refused", refused)], []
        letter = await dead_letters.open_letter(db, order.dead_letter_id)
        if letter is None:
            return [self._settled(delivery, order, "refused", NO_SUCH_LETTER)], []
        if isinstance(order, RecordDisclosure):
            told = [self._settled(delivery, order, "disclosed", "")]
            if self._disclosures is not None:
                told += await self._disclosures.disclosed(self._record(letter), delivery, db)
            return told, []
        emits: list[Emit] = []
        outcome: CommandOutcome = "skipped"
        if isinstance(order, ReplayDeadLetter):
            outcome = "replayed"
            try:
                async with db.transaction():
                    emits.extend(await again(db, self._record(letter)))
            except Exception as error:  # whatever it is, the operator is told
                if may_pass(error):
                    raise
                return [self._settled(delivery, order, "failed_again", reason_of(error))], []
        await dead_letters.settle(db, order.dead_letter_id, outcome)
        rows: list[OutboxRow] = []
        if letter["parks_key"]:
            released, rows = await self._release(db, letter["topic"], letter["key"], again)
            emits.extend(released)
        emits.append(self._settled(delivery, order, outcome, ""))
        return emits, rows

    async def _release(
        self, db: asyncpg.Connection, topic: str, key: str, again: HandleAgain
    ) -> tuple[list[Emit], list[OutboxRow]]:
        """Handle what waited behind the head, in order, up to the first that fails, which becomes the new head."""
        emits: list[Emit] = []
        done: list[asyncpg.Record] = []
        for row in await dead_letters.waiting_behind(db, topic, key):
            record = self._record(row)
            done.append(row)
            try:
                async with db.transaction():
                    emits.extend(await again(db, record))
            except Exception as error:  # it becomes the new head, with its reason
                if may_pass(error):
                    raise
                head = DeadLetter(record, topic, key, reason_of(error), parks_key=True)
                about, rows = await self.letters.keep(db, [head])
                await dead_letters.unpark(db, done)
                return [*emits, *about], rows
        await dead_letters.unpark(db, done)
        await dead_letters.unblock(db, topic, key)
        return emits, []

    def _record(self, row: asyncpg.Record) -> Record:
        return self.letters.record_of(row, self._installation.physical(row["topic"]))

    def _settled(self, delivery: Delivery, order: DeadLetterOrder, outcome: CommandOutcome, reason: str) -> Emit:
        event = DeadLetterSettled(
            dead_letter_id=order.dead_letter_id,
            service=self._service,
            outcome=outcome,
            actor=order.actor.id,
            **coded(reason),
        )
        topic = f"{self._service}.operations"
        return Emit(topic, order.dead_letter_id, event, delivery.envelope, delivery.envelope.time)
