"""Load what a batch is about, decide, save, and hand over what is said."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed


class DeliberationHandler:
    """Hears time pass."""

    types: frozenset[type[Event]] = frozenset({TimePassed})

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        return []
