"""How far a replay is: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from world.replay import Progress as Passed

SECONDS_A_LINE = 15.0


class Show(Protocol):
    def __call__(self, passed: Passed) -> None: ...


def words_of(passed: Passed) -> str:
    """Messages, rate and the time left, in a few words."""
    left = timedelta(seconds=round(passed.seconds_left))
    return f"{passed.messages} messages, {passed.rate:.0f}/s, {left} left"


@contextmanager
def shown(console: Console) -> Iterator[Show]:
    """What to call with each step forward."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None, words="")

        def show(passed: Passed) -> None:
            day = f"{passed.at:%Y-%m-%d}"
            bar.update(task, total=passed.of, completed=passed.done, description=day, words=words_of(passed))

        yield show


class _Lines:
    """The first step, the last, and one a quarter of a minute between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said_at = 0.0

    def __call__(self, passed: Passed) -> None:
        now = time.monotonic()
        if now - self._said_at < SECONDS_A_LINE and passed.done < passed.of:
            return
        self._said_at = now
        share = 100 * passed.done // max(1, passed.of)
        self._console.print(f"{passed.at:%Y-%m-%d %H:%M}  {share} %  {words_of(passed)}", highlight=False)
