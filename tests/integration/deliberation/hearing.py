"""A deliberation's handler on a real database, batch by batch, without Kafka: what each batch makes it say."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import asyncpg
import deliberation.app
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import TimePassed
from common.messaging.postgres import PLUMBING, migrate, open_pool, transaction
from common.rulebook.book import ReleaseBook
from deliberation.handlers import DeliberationHandler
from deliberation.pseudonyms import Pseudonyms
from deliberation.tick import AtOnce

from tests.databases import Databases
from tests.deliberations import NOON, STEP, Country

E = TypeVar("E", bound=Event)
ALL = AtOnce()
COUNTRY = Country()


def proven(delivery: Delivery) -> str:
    return "portal"


@dataclass
class Hearing:
    """Each `hear` is one transaction; ids and offsets follow the order in which the test speaks."""

    pool: asyncpg.Pool
    handler: DeliberationHandler
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def delivery(self, event: Event, at: datetime, name: str | None = None) -> Delivery:
        number = next(self._numbers)
        key = str(getattr(event, "proposal_id", getattr(event, "case_id", "key")))
        envelope = Envelope(name or f"id-{number:06}", "test", event.type, at, key, key)
        return Delivery(envelope, event, "topic", 0, number, key)

    async def hear(self, *events: tuple[Event, datetime]) -> list[Emit]:
        return await self.batch([self.delivery(event, at) for event, at in events])

    async def batch(self, deliveries: Sequence[Delivery]) -> list[Emit]:
        async with transaction(self.pool) as db:
            return await self.handler.handle(deliveries, db)

    async def order(self, command: Command, at: datetime) -> list[Emit]:
        return await self.hear((command, at))

    async def tick(self, until: datetime) -> list[Emit]:
        return await self.hear((TimePassed(since=until - STEP, until=until), until))


@asynccontextmanager
async def hearing(
    databases: Databases, book: ReleaseBook, at_once: AtOnce = ALL, country: Country = COUNTRY
) -> AsyncIterator[Hearing]:
    pool = await open_pool(databases["deliberation"])
    try:
        await migrate(pool, [PLUMBING, deliberation.app.MIGRATIONS])
        handler = DeliberationHandler(country, book, proven, Pseudonyms(bytes(32)), at_once)
        yield Hearing(pool, handler)
    finally:
        await pool.close()


async def opened(db: Hearing, *events: tuple[Event, datetime], at: datetime = NOON) -> list[Emit]:
    """Facts, and the tick that judges them; what is said."""
    await db.hear(*events)
    return await db.tick(at + STEP)


def of(emits: Sequence[Emit], kind: type[E]) -> list[E]:
    return [emit.event for emit in emits if isinstance(emit.event, kind)]
