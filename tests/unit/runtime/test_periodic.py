"""Periodic work goes on whatever happens, and its failures are told."""

from __future__ import annotations

import asyncio
import logging

import pytest
from common.messaging.failures import TransientError
from common.messaging.telemetry.metrics import PERIODIC_FAILING, PERIODIC_FAILURES
from common.runtime import periodic
from common.runtime.periodic import periodically

from tests.kafka import eventually


async def test_what_fails_is_told_counted_and_done_again(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[Exception | None] = [ConnectionError("gone"), TransientError("away"), KeyError("ours"), None]
    seen: list[float] = []
    failing, failures = PERIODIC_FAILING.labels("tests"), PERIODIC_FAILURES.labels("tests")
    failed_before = failures._value.get()

    async def work() -> None:
        seen.append(failing._value.get())
        outcome = outcomes[min(len(seen), len(outcomes)) - 1]
        if outcome is not None:
            raise outcome

    with caplog.at_level(logging.WARNING):
        task = asyncio.ensure_future(periodically("tests", 0.001, work)())

        async def well_again() -> bool:
            return len(seen) > len(outcomes)

        await eventually(well_again)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert seen[:5] == [0, 1, 1, 1, 0]
    assert failures._value.get() == failed_before + 3
    told = [record.levelname for record in caplog.records if record.name == periodic.__name__]
    assert told == ["WARNING", "WARNING", "ERROR"]
    assert "tests was not done" in caplog.text
