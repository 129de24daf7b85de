"""Every scenario with every seed: the loop, and what it is judged against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from random import Random

from laboratory import policy
from laboratory.driving import Drive
from laboratory.faults.fault import Moved, ground_of, with_faults
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.judging import Judged, judge
from laboratory.scenario import Scenario
from laboratory.subject import Source, Subject
from laboratory.thinning import thinned

POLICIES = {"loop": policy.loop, "nobody": policy.nobody, "naive": policy.naive}


@dataclass(frozen=True, slots=True)
class Task:
    """One run to do. `scratch`: where federations may be learnt into."""

    source: Source
    scenario: Scenario
    policy: str
    seed: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Result:
    """One run that was judged."""

    scenario: str
    policy: str
    seed: int
    judged: Judged
    oracle_misrouted: int
    """Misroutes in planted cells that remain to who knows each fault from its first case."""


def results(tasks: Sequence[Task], processes: int) -> Iterator[Result]:
    """In the order of the tasks; raises what reading the log or learning the federation raises.

    Processes are forked, so that they have the subject that this one has read.
    """
    if processes == 1:
        yield from map(run_task, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        yield from pool.map(run_task, tasks, chunksize=len(POLICIES))


def run_task(task: Task) -> Result:
    """The same result for the same task."""
    subject = subject_of(task.source, task.scratch, task.seed if task.scenario.shuffle else None)
    cases, moved = planted(subject, task.scenario, task.seed)
    run = Drive(subject.federation, cases, POLICIES[task.policy], task.scenario.manners, task.seed).run()
    new = {m.cell: m for m in moved if m.share == 1}
    left = sum(
        c.really is not None and not c.joined and c.really != m.new
        for c in run.ended
        if (m := new.get(c.cell)) is not None and c.at >= m.since
    )
    return Result(task.scenario.name, task.policy, task.seed, judge(run, moved), left)


def planted(subject: Subject, scenario: Scenario, seed: int) -> tuple[list[LoggedCase], list[Moved]]:
    """The cases of a run and what is planted in them; faults are drawn from the whole log, so that they are the same
    whatever days are left out."""
    random = Random(f"faults:{scenario.name}:{seed}")
    ground = ground_of(subject.federation, subject.cases)
    moved = [one for fault in scenario.faults for one in fault(ground, random)]
    return with_faults(thinned(subject.cases, 0 if scenario.shuffle else seed), moved, seed), moved


@lru_cache(maxsize=2)
def subject_of(source: Source, scratch: Path, shuffle_seed: int | None = None) -> Subject:
    """Read once a process: the log as it is and the last shuffled one."""
    return source.subject(scratch, shuffle_seed)
