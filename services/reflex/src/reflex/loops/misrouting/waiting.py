"""Cases between their assignment and the fixed time at which they count, whatever became of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Waiting:
    """One case. Times are ISO text of one zone, so that they sort as they stand."""

    case_id: str
    cell: str
    routed: str
    """Who the rule gave it to."""
    holder: str
    """Who has it now."""
    opened: str
    due: str

    def body(self) -> dict[str, Any]:
        return {"cell": self.cell, "routed": self.routed, "holder": self.holder, "opened": self.opened, "due": self.due}


class WaitingRoom:
    """Cases by id, taken out in order of (due, id)."""

    def __init__(self) -> None:
        self._cases: dict[str, Waiting] = {}
        self._order: list[tuple[str, str]] = []

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases in place of those here."""
        self._cases = {case_id: Waiting(case_id, **body) for case_id, body in bodies.items()}
        self._order = [(case.due, case_id) for case_id, case in self._cases.items()]
        heapq.heapify(self._order)

    def add(self, case: Waiting) -> None:
        """Let a case wait; one that waits already is left as it is."""
        if case.case_id not in self._cases:
            heapq.heappush(self._order, (case.due, case.case_id))
            self._cases[case.case_id] = case

    def get(self, case_id: str) -> Waiting | None:
        return self._cases.get(case_id)

    def drop(self, case_id: str) -> None:
        """Forget a case; it will not count."""
        self._cases.pop(case_id, None)

    def due(self, now: str) -> Iterator[Waiting]:
        """Take out the cases that count by `now`."""
        while self._order and self._order[0][0] <= now:
            _, case_id = heapq.heappop(self._order)
            case = self._cases.pop(case_id, None)
            if case is not None:
                yield case
