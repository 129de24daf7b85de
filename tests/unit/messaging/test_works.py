"""Work beside the records goes on whatever happens, and its failures are told."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import pytest
from common.messaging import works as module
from common.messaging.failures import TransientError
from common.messaging.telemetry.metrics import LEFT_UNDONE, PERIODIC_FAILING, PERIODIC_FAILURES
from common.messaging.works import Work, Works, left_undone, name_of

from tests.kafka import eventually


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.name == module.__name__]


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
        task = asyncio.ensure_future(Works().periodically("tests", 0.001, work)())

        async def well_again() -> bool:
            return len(seen) > len(outcomes)

        await eventually(well_again)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert seen[:5] == [0, 1, 1, 1, 0]
    assert failures._value.get() == failed_before + 3
    assert told(caplog) == ["WARNING", "WARNING", "ERROR"]
    assert "tests was not done" in caplog.text


def test_the_same_failure_is_said_once_in_a_while_and_counted_each_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    work = Work("once in a while")
    with caplog.at_level(logging.INFO):
        for _ in range(240):
            with work.attempt():
                raise ConnectionResetError
            now += 0.5
        assert told(caplog) == ["WARNING", "WARNING"]
        assert PERIODIC_FAILURES.labels("once in a while")._value.get() == 240
        assert (work.failing_seconds, work.reason) == (120.0, "ConnectionResetError")
        with work.attempt():
            pass
    assert (work.failing_seconds, told(caplog)[-1]) == (None, "INFO")


def test_readiness_hears_of_what_has_failed_for_long_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    works = Works()
    works.watch("well")
    works.watch("old", matters=True).failed(TransientError("away"))
    now = 200.0
    works.watch("new").failed(TransientError("away"))
    now = 301.0
    assert [(work.name, work.matters) for work in works.failing(300.0)] == [("old", True)]
    assert [work.name for work in works.failing(100.0)] == ["new", "old"]
    works.watch("old").done()
    assert works.failing(300.0) == []


async def test_a_task_that_ends_by_an_error_is_begun_anew_and_one_that_goes_on_is_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.001)
    monkeypatch.setattr(module, "STEADY_SECONDS", 0.01)
    works, begun, ended = Works(), 0, False

    async def job() -> None:
        nonlocal begun, ended
        begun += 1
        if begun == 1:
            raise KeyError("ours")
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    name = name_of(partial(job))
    task = asyncio.ensure_future(works.keep_up(partial(job)))

    async def well_again() -> bool:
        return begun == 2 and works.watch(name).failing_seconds is None

    await eventually(well_again)
    assert PERIODIC_FAILURES.labels(name)._value.get() == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (begun, ended) == (2, True)


def test_what_is_left_out_is_counted_and_an_error_of_ours_is_none_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with left_undone("a note"):
                raise ConnectionResetError
    assert (LEFT_UNDONE.labels("a note")._value.get(), told(caplog)) == (3, ["WARNING"])
    with pytest.raises(KeyError), left_undone("a note"):
        raise KeyError("ours")
