"""What may pass, and how long to wait for it."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
from aiokafka.errors import KafkaError

from common.messaging.failures import PermanentError, TransientError
from common.messaging.postgres import DATABASE_AWAY

PASSING = (TransientError, KafkaError, *DATABASE_AWAY)
"""Failures that are tried again for as long as it takes, and never dead-lettered."""


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help. A value that the database's client cannot send is among its own failures, but is
    the record's fault.
    """
    return isinstance(error, PASSING) and not isinstance(error, ValueError)


OF_A_RECORD = (
    PermanentError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
)


def of_a_record(error: BaseException) -> bool:
    """Whether a record of the batch is to blame for certain, so that nothing is gained by a pause: what a handler
    refuses, and what the database refuses to hold."""
    return isinstance(error, OF_A_RECORD) or (isinstance(error, asyncpg.InterfaceError) and not may_pass(error))


LONGEST_PAUSE = 30.0


class Backoff:
    """Pauses that double from `first` seconds up to LONGEST_PAUSE; a stop ends them early."""

    def __init__(self, first: float) -> None:
        self._first = first
        self._failures = 0
        self._over = asyncio.Event()

    def next(self) -> float:
        """The length of the pause that is due, in seconds."""
        pause = min(LONGEST_PAUSE, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return pause

    def reset(self) -> None:
        """All is well: the next pause is the first again."""
        self._failures = 0

    async def wait(self, seconds: float) -> None:
        """Sleep, but not beyond `end`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    def end(self) -> None:
        """The process stops: nobody is to be kept waiting."""
        self._over.set()
