"""A run that is ended, from outside or by its first failure, ends with every server that it started.

Under pytest-xdist each worker has servers of its own. xdist itself leaves a worker that is in a test a few seconds and
kills it then, and its servers would stay.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from types import FrameType
from typing import Any

import psutil
import pytest
from embedded.stack import stop

from tests.run_folders import prefix_of_run
from tests.server_folder import places

PATIENCE_SECONDS = 240.0
"""For a worker to end what it runs; stopping a whole installation is the longest."""
workers: list[Any] = []
"""The controller's view of its workers (xdist's WorkerController)."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt_once)
    else:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    workers.append(node)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """In the controller, before xdist ends the workers: those that are still at work end in order."""
    at_work = [node for node in workers if not hasattr(node, "workeroutput")]
    if at_work:
        for process in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(_runs(node) for node in at_work) and time.monotonic() < deadline:
        time.sleep(0.05)


def pytest_unconfigure(config: pytest.Config) -> None:
    """In the controller, at the very end: servers that a worker was killed over are ended for it."""
    if workers:
        for folder in (found for place in places() for found in place.glob(f"{prefix_of_run()}*")):
            stop(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _runs(node: Any) -> bool:
    """Whether a worker has neither told its results nor ended without a word."""
    return not hasattr(node, "workeroutput") and not node.channel.isclosed()


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """The controller and a terminal may both send a signal: the second must not interrupt the ending."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)
    raise KeyboardInterrupt
