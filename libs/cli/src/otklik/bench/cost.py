"""What processes cost: core time between two looks, and memory that is really theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

MEGA = 1024 * 1024


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process with its children: a database server is many."""
    return [process, *process.children(recursive=True)]


def core_seconds(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Core time used so far by each named process and its living and ended children."""
    found = {}
    for name, process in processes.items():
        total = 0.0
        for one in family(process):
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        ended = process.cpu_times()
        found[name] = total + ended.children_user + ended.children_system
    return found


def proportional_memory(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Proportional set size of each named process and its children, in MB: shared pages are counted once in all."""
    found = {}
    for name, process in processes.items():
        total = 0
        for one in family(process):
            try:
                total += one.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
        found[name] = total / MEGA
    return found


@dataclass(frozen=True)
class Spent:
    """Core time by process over some messages."""

    seconds: dict[str, float]
    messages: int

    @classmethod
    def between(cls, before: Mapping[str, float], after: Mapping[str, float], messages: int) -> Spent:
        return cls({name: after[name] - before.get(name, 0.0) for name in after}, messages)

    def microseconds_a_message(self) -> dict[str, float]:
        return {name: 1e6 * s / self.messages for name, s in self.seconds.items()}
