"""What the consumer asks of a service's handler."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol, runtime_checkable

import asyncpg

from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.messaging.consume.decode import Read
from common.messaging.kafka import Record


class Handler(Protocol):
    """A service's whole reaction to a batch, inside one database transaction.

    Deliveries of one key are in order. It may raise `common.messaging.failures.TransientError` for what may pass
    (the whole batch is tried again) and anything else for a record that cannot be handled (the batch is then
    tried record by record and only the one that fails alone is dead-lettered).
    """

    types: frozenset[type[Event]]
    """What it handles; everything else is skipped by its header, unparsed. A class with fewer fields that shares its
    wire type with one of the catalogue's reads the same records."""

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]: ...


@runtime_checkable
class AnswersSenders(Protocol):
    """A handler that tells senders outside which of their records were not taken, and why."""

    def rejected(self, reads: Sequence[Read]) -> list[Emit]:
        """Called in the batch's transaction with its dead letters, and with records of topics open to many whose id
        was used before for another body."""
        ...


@runtime_checkable
class TellsOfDisclosures(Protocol):
    """A handler that tells whose words somebody read in a dead letter."""

    async def disclosed(self, record: Record, delivery: Delivery, db: asyncpg.Connection) -> list[Emit]:
        """Called in the transaction that records it, before the bytes are shown; `delivery` is the order."""
        ...


@runtime_checkable
class KnowsKeys(Handler, Protocol):
    """A handler that needs, of what our own services write, the records of some keys alone. All others are skipped,
    undecoded."""

    async def known_keys(self, asked: Set[str], pool: asyncpg.Pool) -> Set[str]:
        """Those of these keys whose records are needed, by what is committed. Called before each batch's transaction:
        a key must be known before the first record that is needed can lie on a topic."""
        ...

    def wants(self, topic: str) -> bool | None:
        """Of a topic by its logical name: whether every record of it is needed, or none; None: those of known keys."""
        ...

    def leads_to(self, event: Event) -> str | None:
        """A key whose records are needed from this event on, also those of the same batch."""
        ...
