"""Every scenario of every study with every seed, in several processes."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from laboratory.studies import STUDIES
from laboratory.study import Scenario, Shuffling
from laboratory.subject import NothingToReplay, Source, Subject


@dataclass(frozen=True, slots=True)
class Task:
    """One run to do. `scratch`: where federations may be learnt into."""

    source: Source
    loop: str
    scenario: Scenario
    seed: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Result:
    """What a study made of one run."""

    loop: str
    scenario: str
    seed: int
    run: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that raised: the others are told without it."""

    loop: str
    scenario: str
    seed: int
    error: str
    """One line."""
    trace: str
    """No more than that line where the log has nothing to judge."""


def results(tasks: Sequence[Task], processes: int) -> Iterator[Result | Failed]:
    """As they come: in the order of the tasks where there is one process.

    Processes are forked, so that they have the subject that this one has read. Tasks of one shuffled log that stand
    together are done by one process, which prepares it once. Raises BrokenProcessPool where one of them is ended from
    outside.
    """
    if processes == 1:
        yield from map(attempt, tasks)
        return
    others = set(active_children())
    pool = ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=_end_when_told)
    try:
        for done in as_completed([pool.submit(_attempt_all, some) for some in together(tasks)]):
            yield from done.result()
    except BaseException:
        # Nobody waits for what is still being done.
        for process in set(active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_when_told() -> None:
    """A terminal's Ctrl-C goes to all processes: it is this one's parent that tells it to end, and at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def together(tasks: Sequence[Task]) -> list[list[Task]]:
    """Tasks of one shuffled log that stand together; every other task by itself."""
    found: list[list[Task]] = []
    log = None
    for task in tasks:
        before, log = log, (task.scenario.shuffling, task.seed)
        if log == before and task.scenario.shuffling is not None:
            found[-1].append(task)
        else:
            found.append([task])
    return found


def _attempt_all(tasks: Sequence[Task]) -> list[Result | Failed]:
    return [attempt(task) for task in tasks]


def attempt(task: Task) -> Result | Failed:
    """What the run gives, or why it gives nothing."""
    try:
        return run_task(task)
    except NothingToReplay as error:
        return Failed(task.loop, task.scenario.name, task.seed, str(error), str(error))
    except Exception as error:  # noqa: BLE001 whatever a run raises, the others are told
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return Failed(task.loop, task.scenario.name, task.seed, said, traceback.format_exc())


def run_task(task: Task) -> Result:
    """The same result for the same task."""
    shuffling = task.scenario.shuffling
    subject = subject_of(task.source, task.scratch, shuffling, task.seed if shuffling is not None else 0)
    return Result(
        task.loop, task.scenario.name, task.seed, STUDIES[task.loop].run(subject, task.scenario, task.seed)
    )  # fmt: skip


def subject_of(source: Source, scratch: Path, shuffling: Shuffling | None = None, seed: int = 0) -> Subject:
    """Read once a process: the log as it is and the last shuffled one."""
    return _as_it_is(source, scratch) if shuffling is None else _shuffled(source, scratch, shuffling, seed)


@lru_cache(maxsize=1)
def _as_it_is(source: Source, scratch: Path) -> Subject:
    return source.subject(scratch)


@lru_cache(maxsize=1)
def _shuffled(source: Source, scratch: Path, shuffling: Shuffling, seed: int) -> Subject:
    return source.subject(scratch, lambda rows: shuffling(rows, seed))
