"""What is going to happen when: at most one step a case, replaced whenever the case changes. Pure."""

from __future__ import annotations

import heapq
from datetime import datetime

from common.contracts.events import region

from world.desks import DeskOrder, DeskStep


class Agenda:
    """Steps by time. A step already taken does not come again in the same phase of its case."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str, int]] = []
        self._next: dict[str, tuple[int, DeskStep]] = {}
        self._taken: set[tuple[str, int, str]] = set()
        self._number = 0

    def put(self, case_id: str, step: DeskStep | None) -> None:
        """What happens next to the case; None: nothing."""
        if step is None or _name(step) in self._taken:
            self._next.pop(case_id, None)
            return
        held = self._next.get(case_id)
        if held is not None and held[1] == step:
            return
        self._number += 1
        self._next[case_id] = (self._number, step)
        heapq.heappush(self._heap, (step.at, case_id, self._number))

    def due(self, until: datetime) -> list[DeskStep]:
        """Take the steps up to `until`, in order of time.

        A join waits for the next call when its target has a step among them, so that what it meets does not depend on
        which of the two comes first.
        """
        found: list[DeskStep] = []
        while self._heap and self._heap[0][0] <= until:
            _, case_id, number = heapq.heappop(self._heap)
            held = self._next.get(case_id)
            if held is not None and held[0] == number:
                found.append(held[1])
                del self._next[case_id]
        busy = {s.case_id for s in found}
        now = [s for s in found if target(s) not in busy]
        if not now:
            # They would join each other in a ring: the first goes, and the rest see what became of it.
            now = found[:1]
        going = {id(s) for s in now}
        for step in found:
            if id(step) not in going:
                self.put(step.case_id, step)
        self._taken.update(_name(s) for s in now)
        return now

    def __len__(self) -> int:
        return len(self._next)


def target(step: DeskStep) -> str | None:
    """The case that a step joins another to."""
    command = step.command if isinstance(step, DeskOrder) else None
    return command.into_case if isinstance(command, region.JoinCase) else None


def _name(step: DeskStep) -> tuple[str, int, str]:
    what = step.command.type + step.about if isinstance(step, DeskOrder) else "verdict"
    return (step.case_id, step.phase, what)
