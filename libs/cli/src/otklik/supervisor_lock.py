"""One supervisor a folder: who looks after it, who may not, and how it is asked to end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from embedded.data_folder import one_at_a_time, prepare
from embedded.errors import EmbeddedError
from embedded.processes import note, running

END_PATIENCE_SECONDS = 120.0


def _file(folder: Path) -> Path:
    return folder / "supervisor.json"


def reigning(folder: Path) -> psutil.Process | None:
    """The other process that looks after the folder; None when there is none."""
    process = running(_file(folder.resolve()))
    return None if process is None or process.pid == os.getpid() else process


def abandoned(folder: Path) -> bool:
    """Whether a process that looked after the folder is gone without having said so: what ends stays ended then."""
    return _file(folder.resolve()).exists() and running(_file(folder.resolve())) is None


def refuse_second(folder: Path) -> None:
    """Raises EmbeddedError when another process looks after the folder."""
    other = reigning(folder)
    if other is not None:
        raise EmbeddedError(
            f"process {other.pid} already runs {folder}: `otklik status` shows it, `otklik down` ends it,"
            " another --folder and --port run beside it"
        )


def take(folder: Path) -> None:
    """Look after the folder from now on; raises EmbeddedError when another does. One that was killed does not count."""
    folder = prepare(folder)
    with one_at_a_time(folder):
        refuse_second(folder)
        note(_file(folder), os.getpid())


def leave(folder: Path) -> None:
    """Look after it no longer."""
    _file(folder.resolve()).unlink(missing_ok=True)


def end_other(folder: Path, say: Callable[[str], None]) -> None:
    """Ask the process that looks after the folder to end what it runs, and wait; else it would start it again."""
    other = reigning(folder)
    if other is None:
        return
    say(f"asking process {other.pid}, which runs {folder}, to end")
    with contextlib.suppress(psutil.NoSuchProcess):
        other.terminate()
    deadline = time.monotonic() + END_PATIENCE_SECONDS
    while reigning(folder) is not None:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"process {other.pid} does not end: look at what it says, or kill it")
        time.sleep(0.1)
