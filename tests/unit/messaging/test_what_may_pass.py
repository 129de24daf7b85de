"""Which failures are tried again, and when so many are too many."""

from __future__ import annotations

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from asyncpg.exceptions import _base
from common.messaging.failures import PermanentError, TransientError
from common.messaging.retry import may_pass, of_a_record


@pytest.mark.parametrize(
    "error",
    [
        TransientError("a release is not here yet"),
        KafkaConnectionError(),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.AdminShutdownError(""),
        asyncpg.DeadlockDetectedError(""),
        asyncpg.DiskFullError(""),
        asyncpg.InterfaceError("the connection is closed"),
        asyncpg.InternalClientError("another operation is in progress"),
        asyncpg.IdleInTransactionSessionTimeoutError(""),
    ],
)
def test_what_servers_do_when_they_are_away_or_busy_may_pass(error: Exception) -> None:
    assert may_pass(error)
    assert not of_a_record(error)


@pytest.mark.parametrize(
    "error",
    [
        PermanentError("no"),
        RuntimeError("a bug"),
        asyncpg.UniqueViolationError(""),
        asyncpg.ForeignKeyViolationError(""),
        asyncpg.CheckViolationError(""),
        asyncpg.ProgramLimitExceededError("the index row is too large"),
        asyncpg.CharacterNotInRepertoireError(""),
        _base.DataError("invalid input for query argument $1"),
    ],
)
def test_what_a_record_does_to_a_handler_does_not_pass(error: Exception) -> None:
    assert not may_pass(error)
    assert of_a_record(error) == (not isinstance(error, RuntimeError))
