"""What a service does every so often beside its records: whatever fails is said, counted, and done again next time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from common.messaging.consume.error_text import reason_of
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.telemetry.metrics import PERIODIC_FAILING, PERIODIC_FAILURES

log = logging.getLogger(__name__)


def periodically(name: str, seconds: float, work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
    """A background task of a service: `work` at once, and again so many seconds after it ended, until cancelled.

    `name` says in logs and metrics what was not done.
    """

    async def run() -> None:
        failing = PERIODIC_FAILING.labels(name)
        failures = PERIODIC_FAILURES.labels(name)
        failing.set(0)
        while True:
            try:
                await work()
                failing.set(0)
            except (TransientError, *DATABASE_AWAY) as error:
                failing.set(1)
                failures.inc()
                log.warning("%s was not done and is tried again in %g s: %s", name, seconds, reason_of(error))
            except Exception:
                failing.set(1)
                failures.inc()
                log.exception("%s failed and is tried again in %g s", name, seconds)
            await asyncio.sleep(seconds)

    return run
