"""Which failures are tried again, and when so many are too many."""

from __future__ import annotations

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from asyncpg.exceptions import _base
from common.failures import Passing, Permanent
from common.retry import may_pass
from common.stoplimit import Judge, StopLimit, Stopped


@pytest.mark.parametrize(
    "error",
    [
        Passing("a release is not here yet"),
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


@pytest.mark.parametrize(
    "error",
    [
        Permanent("no"),
        RuntimeError("a bug"),
        asyncpg.UniqueViolationError(""),
        asyncpg.CharacterNotInRepertoireError(""),
        _base.DataError("invalid input for query argument $1"),
    ],
)
def test_what_a_record_does_to_a_handler_does_not_pass(error: Exception) -> None:
    assert not may_pass(error)


def test_a_run_of_dead_letters_is_broken_by_one_good_record() -> None:
    judge = Judge(StopLimit(run=3, ratio=1.0, window=100))
    for _ in range(10):
        judge.remember(judge.allow([True, True, False]))
    with pytest.raises(Stopped, match="3 dead letters in a row"):
        judge.allow([True, True, True])


def test_a_batch_that_was_rolled_back_does_not_count() -> None:
    judge = Judge(StopLimit(run=3, ratio=1.0, window=100))
    for _ in range(10):
        judge.allow([True, True])
    judge.remember(judge.allow([True]))


def test_the_share_counts_only_over_a_full_window_of_the_latest_records() -> None:
    judge = Judge(StopLimit(run=100, ratio=0.5, window=10))
    judge.remember(judge.allow([True, False, True] * 3))
    with pytest.raises(Stopped, match="of the last 10 records"):
        judge.allow([True])
    judge.remember(judge.allow([False] * 10))
    judge.remember(judge.allow([True, False] * 5))
