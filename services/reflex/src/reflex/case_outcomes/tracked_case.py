"""A case from its opening until all that is asked of it was counted. Times are seconds since 1970."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import attrgetter
from sys import intern
from typing import Any, NamedTuple

from reflex.case_outcomes.measures import Age, Measure

DAY = 86_400.0
TOLD_LATE = DAY
"""So long after a deadline the word that it was missed may come."""
MOVED_AT_MOST = 90 * DAY
"""So long after its first deadline a case whose deadline was moved is waited for."""
MINUTE = 60.0


class Place(NamedTuple):
    """A category in a cell of the grid."""

    category: str
    row: int
    column: int


@dataclass(slots=True, eq=False)
class TrackedCase:
    case_id: str
    region: str
    area: str
    category: str
    channel: str
    first: str
    """The authority that it was given to."""
    holder: str
    """The one that has it now."""
    opened: float
    deadline: float
    rows: tuple[str, ...] = ()
    """The rows of rules that decided: `table|layer|row`."""
    square: Sequence[int] | None = None
    """Row and column of the grid where it is."""
    at_deadline: float = 0.0
    at_twice: float = 0.0
    at_closed: float = 0.0
    """When it is counted at each age; 0 where it is not, or was."""
    transfers: int = 0
    left: bool = False
    """Another region has it."""
    worked: bool = False
    ended: float = 0.0
    """Answered, declined or withdrawn for the first time; 0 before."""
    done: bool = False
    """Ended, and not reopened since."""
    answered: bool = False
    missed: float = 0.0
    """The deadline that it missed; 0 where none."""
    reopened: bool = False
    repeated: bool = False
    poor: bool | None = None
    """Whether its first rating was; None without one."""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"{self.region}|{self.case_id}"

    @property
    def place(self) -> Place | None:
        return None if self.square is None else Place(self.category, *self.square)

    @property
    def sole_authority(self) -> str | None:
        """Whose delay its lateness is; None where several had it."""
        return None if self.transfers else self.first

    def outcomes(self, age: Age) -> dict[Measure, bool]:
        """Whether it is bad by each measure of an age; those of which nothing can be said are left out."""
        if age == "deadline":
            return {"handed_on": True} if self.left else {"late": self._late(), "handed_on": self.transfers > 0}
        if age == "twice":
            return {"unresolved": not self.done}
        found: dict[Measure, bool] = {
            "without_work": not self.worked, "within_a_minute": self.ended - self.opened < MINUTE,
        }  # fmt: skip
        if self.answered:
            found["reopened"] = self.reopened
            if self.square is not None:
                found["repeated"] = self.repeated
            if self.poor is not None:
                found["poor_rating"] = self.poor
        return found

    def _late(self) -> bool:
        return self.missed > 0 or not self.ended

    def due(self) -> list[tuple[float, str, Age]]:
        """When it is counted: time, key and age."""
        found: list[tuple[float, str, Age]] = []
        if self.at_deadline:
            found.append((self.at_deadline, self.key, "deadline"))
        if self.at_twice:
            found.append((self.at_twice, self.key, "twice"))
        if self.at_closed:
            found.append((self.at_closed, self.key, "closed"))
        return found

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write: the fields in their order."""
        return {"case": _values(self)}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> TrackedCase:
        values = body["case"]
        if isinstance(due := values[DUE], Mapping):
            # As an earlier version saved it: one field, what is due by age.
            values = [*values[:DUE], *(due.get(age, 0.0) for age in PLANNED), *values[DUE + 1 :]]
        found = cls(*values)
        found.rows = shared(tuple(found.rows))
        return found


PLANNED: Mapping[Age, str] = {"deadline": "at_deadline", "twice": "at_twice", "closed": "at_closed"}
"""The field that says when a case counts at an age."""
_FIELDS = [one.name for one in fields(TrackedCase) if one.init]
DUE = _FIELDS.index("at_deadline")
_values = attrgetter(*_FIELDS)


@lru_cache(maxsize=8192)
def shared(rows: tuple[str, ...]) -> tuple[str, ...]:
    """The same rows as one object for all cases that have them: most share theirs with many others."""
    return tuple(map(intern, rows))


class TrackedCases:
    """Cases by region and id; what is to be counted is taken out in order of (time, case, age)."""

    def __init__(self) -> None:
        self._cases: dict[str, TrackedCase] = {}
        self._order: list[tuple[float, str, Age]] = []

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases in place of those here."""
        self._cases = {key: TrackedCase.of(body) for key, body in bodies.items()}
        self._order = [due for case in self._cases.values() for due in case.due()]
        heapq.heapify(self._order)

    def get(self, key: str) -> TrackedCase | None:
        return self._cases.get(key)

    def all(self) -> Iterator[TrackedCase]:
        return iter(self._cases.values())

    def add(self, case: TrackedCase) -> bool:
        """Track a case; one that is tracked already is left as it is, and False returned."""
        key = case.key
        if key in self._cases:
            return False
        self._cases[key] = case
        for due in case.due():
            heapq.heappush(self._order, due)
        return True

    def plan(self, case: TrackedCase, age: Age, at: float) -> None:
        """Let a case be counted at one more age, or at another time than was planned."""
        setattr(case, PLANNED[age], at)
        heapq.heappush(self._order, (at, case.key, age))

    def drop(self, case: TrackedCase) -> None:
        """Forget a case: it will not count."""
        self._cases.pop(case.key, None)

    def is_any_due(self, before: float) -> bool:
        """Whether it may be that there is something to count before a time."""
        return bool(self._order) and self._order[0][0] < before

    def due(self, before: float) -> Iterator[tuple[TrackedCase, Age, float]]:
        """Take out what is to be counted before a time; a case that has nothing left to count is forgotten."""
        while self._order and self._order[0][0] < before:
            at, key, age = heapq.heappop(self._order)
            case = self._cases.get(key)
            if case is None or getattr(case, PLANNED[age]) != at:
                continue
            setattr(case, PLANNED[age], 0.0)
            yield case, age, at
            if not (case.at_deadline or case.at_twice or case.at_closed):
                self._cases.pop(key, None)
