"""Cases whose decision a trial concerned, from their opening until all that is asked of them was counted.

What happens to a case comes in order of time, and what is due to be counted before it is counted first: so a case is
always as it was at the age at which it counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from common.contracts.trial import ArmDrawn, TrialMeasure

SHARE_DIGITS = 12
"""After the point: shares that differ by less are one."""


class CaseArm(NamedTuple):
    """Which rule decided a case, by one trial."""

    proposal: str
    unit: str
    candidate: bool
    share: float
    """How probable the candidate was."""
    instead: str = ""
    """Where the case goes by the rule in force, where the trial is about that."""


def share_of(drawn: ArmDrawn) -> float:
    """How probable the candidate was, as the plan says it: 1 - (1 - 0.2) is not 0.2."""
    return round(drawn.probability if drawn.arm == "candidate" else 1 - drawn.probability, SHARE_DIGITS)


@dataclass(slots=True)
class WatchedCase:
    """Times are ISO text of one zone, so that they sort as they stand; empty where there is none."""

    case_id: str
    region: str
    area: str
    channel: str
    priority: int
    opened: str
    holder: str
    """Who has it now."""
    arms: list[CaseArm]
    deadline: str
    """The later of what both rules say."""
    shorter: str = ""
    """The earlier."""
    due: dict[TrialMeasure, str] = field(default_factory=dict)
    """When it will be counted, by measure."""
    moved: bool = False
    finished: str = ""
    """Answered, declined or withdrawn for the first time."""
    done: bool = False
    """Finished, and not reopened since."""
    answered: bool = False
    missed: str = ""
    """The deadline that it missed."""
    reopened: bool = False
    poor: bool | None = None
    """Whether its first rating was; None without one."""

    def outcome(self, measure: TrialMeasure) -> bool | None:
        """Whether it is bad by one measure; None where nothing can be said."""
        match measure:
            case "transferred":
                return self.moved
            case "overdue":
                in_time = bool(self.finished) and self.finished <= self.deadline
                return bool(self.missed) and self.missed <= self.deadline and not in_time
            case "open_age":
                return not self.done
            case "slower":
                return not self.finished or self.finished > self.shorter
            case "reopened":
                return self.reopened
            case "rating":
                return self.poor

    def kept_only_longer(self) -> bool:
        """Whether it was answered after the shorter deadline, and by the longer one."""
        return bool(self.shorter) and self.shorter < self.finished <= self.deadline

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "arms"}
        return {**plain, "arms": [list(arm) for arm in self.arms]}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> WatchedCase:
        """The inverse of `body`."""
        kept = dict(body)
        arms = [CaseArm(*arm) for arm in kept.pop("arms")]
        return cls(**kept, arms=arms)


class WatchedCases:
    """Cases by id; what is to be counted is taken out in order of (time, case, measure)."""

    def __init__(self) -> None:
        self._cases: dict[str, WatchedCase] = {}
        self._order: list[tuple[str, str, TrialMeasure]] = []

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases in place of those here."""
        self._cases = {case_id: WatchedCase.of(body) for case_id, body in bodies.items()}
        self._order = [(at, case.case_id, measure) for case in self._cases.values() for measure, at in case.due.items()]
        heapq.heapify(self._order)

    def get(self, case_id: str) -> WatchedCase | None:
        return self._cases.get(case_id)

    def add(self, case: WatchedCase) -> bool:
        """Watch a case; one that is watched already is left as it is, and False returned."""
        if case.case_id in self._cases:
            return False
        self._cases[case.case_id] = case
        for measure, at in case.due.items():
            heapq.heappush(self._order, (at, case.case_id, measure))
        return True

    def plan(self, case: WatchedCase, measure: TrialMeasure, at: str) -> None:
        """Let a case be counted by one more measure."""
        case.due[measure] = at
        heapq.heappush(self._order, (at, case.case_id, measure))

    def drop(self, case_id: str) -> None:
        """Forget a case: it will not count."""
        self._cases.pop(case_id, None)

    def due(self, before: str) -> Iterator[tuple[WatchedCase, TrialMeasure]]:
        """Take out what is to be counted before a time; a case that has nothing left to count is forgotten."""
        while self._order and self._order[0][0] < before:
            at, case_id, measure = heapq.heappop(self._order)
            case = self._cases.get(case_id)
            if case is None or case.due.get(measure) != at:
                continue
            del case.due[measure]
            if not case.due:
                del self._cases[case_id]
            yield case, measure
