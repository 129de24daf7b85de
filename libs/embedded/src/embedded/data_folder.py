"""The folder that servers live in: fit to be used, and by one start or stop at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.errors import EmbeddedError

LOCK = ".lock"
LOCK_PATIENCE_SECONDS = 120.0
AWKWARD = ":,\n*"
"""What Java's class path and Kafka's list of folders take for a separator or a pattern."""


def prepare(folder: Path) -> Path:
    """The folder made and checked; raises EmbeddedError when servers cannot live there."""
    folder = folder.resolve()
    found = sorted(set(str(folder)) & set(AWKWARD))
    if found:
        raise EmbeddedError(
            f"the path {str(folder)!r} holds {found[0]!r}, which Kafka cannot take: give another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(f"{folder} cannot be written to ({error.strerror}): give another with --folder") from error
    return folder


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for another start or stop of the folder to end; the system frees the lock of one that dies.

    Raises EmbeddedError, naming the process, when it takes too long.
    """
    with (folder / LOCK).open("a+") as lock:
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while not try_lock(lock.fileno()):
            if time.monotonic() > deadline:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise EmbeddedError(f"process {holder} has been starting or stopping {folder} for too long: look at it")
            time.sleep(0.05)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file unless another process has it; it is freed when the file is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
