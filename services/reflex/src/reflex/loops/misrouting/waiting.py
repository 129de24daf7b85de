"""Cases between their assignment and the fixed time at which they count, whatever became of them; and for a while after
it, since one that is handed on late has been counted wrongly."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reflex.loops.misrouting.outcome import CellOutcome


@dataclass(slots=True)
class Waiting:
    """One case. Times are ISO text of one zone, so that they sort as they stand."""

    case_id: str
    cell: str
    routed: str
    """Who the rule gave it to, or would have."""
    holder: str
    """Who has it now."""
    opened: str
    due: str
    until: str
    """From then on nothing that becomes of it matters."""
    counted: bool = False
    by_hand: bool = False
    """A person placed it in triage: `holder` may be another than `routed` from the first."""

    def outcome(self) -> CellOutcome:
        """Where it lies now."""
        return CellOutcome(self.holder, self.case_id, self.opened, by_hand=self.by_hand)

    def body(self) -> dict[str, Any]:
        return {
            "cell": self.cell, "routed": self.routed, "holder": self.holder, "opened": self.opened, "due": self.due,
            "until": self.until, "counted": self.counted, "by_hand": self.by_hand,
        }  # fmt: skip


class WaitingRoom:
    """Cases by id, each taken out twice: when it counts, and when it need be known no longer."""

    def __init__(self) -> None:
        self._cases: dict[str, Waiting] = {}
        self._uncounted: dict[str, dict[str, Waiting]] = {}
        """By cell and id."""
        self._to_count: list[tuple[str, str]] = []
        self._to_forget: list[tuple[str, str]] = []

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases in place of those here; what an earlier version saved is not corrected once counted."""
        self._cases = {case_id: Waiting(case_id, **{"until": body["due"], **body}) for case_id, body in bodies.items()}
        self._to_count = [(case.due, case_id) for case_id, case in self._cases.items() if not case.counted]
        self._to_forget = [(case.until, case_id) for case_id, case in self._cases.items() if case.counted]
        heapq.heapify(self._to_count)
        heapq.heapify(self._to_forget)
        self._uncounted = {}
        for case in self._cases.values():
            if not case.counted:
                self._uncounted.setdefault(case.cell, {})[case.case_id] = case

    def add(self, case: Waiting) -> None:
        """Let a case wait; one that waits already is left as it is."""
        if case.case_id not in self._cases:
            heapq.heappush(self._to_count, (case.due, case.case_id))
            self._cases[case.case_id] = case
            self._uncounted.setdefault(case.cell, {})[case.case_id] = case

    def get(self, case_id: str) -> Waiting | None:
        return self._cases.get(case_id)

    def drop(self, case_id: str) -> None:
        """Forget a case; it will not count."""
        case = self._cases.pop(case_id, None)
        if case is not None:
            self._no_longer_uncounted(case)

    def uncounted(self, cell: str) -> list[Waiting]:
        """The cases of a cell that do not count yet, in the order in which they will."""
        return sorted(self._uncounted.get(cell, {}).values(), key=lambda case: (case.due, case.case_id))

    def _no_longer_uncounted(self, case: Waiting) -> None:
        of_cell = self._uncounted.get(case.cell, {})
        of_cell.pop(case.case_id, None)
        if not of_cell:
            self._uncounted.pop(case.cell, None)

    def due(self, now: str) -> Iterator[Waiting]:
        """The cases that count by `now`, in order of (due, id); they stay known until theirs is over."""
        while self._to_count and self._to_count[0][0] <= now:
            _, case_id = heapq.heappop(self._to_count)
            case = self._cases.get(case_id)
            if case is not None:
                case.counted = True
                self._no_longer_uncounted(case)
                heapq.heappush(self._to_forget, (case.until, case_id))
                yield case

    def over(self, now: str) -> Iterator[str]:
        """Take out the cases of which nothing more matters."""
        while self._to_forget and self._to_forget[0][0] <= now:
            _, case_id = heapq.heappop(self._to_forget)
            if self._cases.pop(case_id, None) is not None:
                yield case_id
