"""What a consumer of batches is made of, by what belongs together."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg

from common.contracts.catalogue import Installation
from common.contracts.mandates import Mandates
from common.contracts.signing import Verifier
from common.messaging.clock.tick_bounds import TickBounds
from common.messaging.consume.dead_letter_commands import Operations
from common.messaging.consume.dead_letter_limit import StopLimit
from common.messaging.consume.fair_share import FairShare
from common.messaging.consume.handler import Handler
from common.messaging.consume.time_bounds import Time
from common.messaging.produce.outbox import Outbox
from common.messaging.produce.relay import Relay
from common.messaging.release_cache import Releases


@dataclass(frozen=True, slots=True)
class ConsumingService:
    """Who consumes: its database, what it does about a batch, the releases it reads, orders about its dead letters."""

    name: str
    installation: Installation
    pool: asyncpg.Pool
    handler: Handler
    releases: Releases | None
    operations: Operations
    inbox_key: bytes = b""
    """Hides what the inbox knows records by, see `claim`."""


@dataclass(frozen=True, slots=True)
class Belief:
    """By what a record is believed: signatures, regions' mandates, and the time it names."""

    verifier: Verifier
    mandates: Mandates | None
    time: Time
    ticks: TickBounds


@dataclass(frozen=True, slots=True)
class Output:
    """Where what a batch says goes: written by the outbox in its transaction, published by the relay after it."""

    outbox: Outbox
    relay: Relay


@dataclass(frozen=True, slots=True)
class Pace:
    """How large batches are, how long they wait to grow, when they are tried again and when a partition stops."""

    retry_seconds: float
    stop_limit: StopLimit = field(default_factory=StopLimit)
    full_batch: int = 1
    patient: bool = False
    """Under load records may gather for longer."""
    share: FairShare | None = None
