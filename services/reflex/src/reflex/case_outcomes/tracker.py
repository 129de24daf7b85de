"""Follows cases by their facts and says, at ages equal for all, how they went.

A case counts as it was at its age: what is due before a fact is counted before the fact is taken. Not counted are cases
that joined another or that another region handed over: the time that they took is not their region's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import cos, floor, radians
from typing import Any, NamedTuple

from reflex.case_outcomes.measures import Age, Measure
from reflex.case_outcomes.tracked_case import DAY, MOVED_AT_MOST, TOLD_LATE, Place, TrackedCase, TrackedCases, shared
from reflex.facts import (
    CaseAnswered,
    CaseConfirmed,
    CaseDeclined,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseOverdue,
    CaseOverdueWithdrawn,
    CaseRated,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    Fact,
    Point,
    WorkStarted,
)

FACTS: frozenset[type[Fact]] = frozenset(
    {
        CaseOpened, CaseTransferred, CaseJoined, WorkStarted, CaseAnswered, CaseDeclined, CaseWithdrawn, CaseConfirmed,
        CaseReopened, CaseRated, CaseOverdue, CaseOverdueWithdrawn,
    }
)  # fmt: skip
METRES_PER_DEGREE = 111_320.0
GRID_M = 60.0


@dataclass(frozen=True, slots=True)
class Ages:
    """When cases count."""

    closed_days: float = 30
    """After the first end."""
    poor_rating: int = 2
    """A rating of so much or less is poor."""
    counted: Collection[Age] = ("deadline", "twice", "closed")
    places: bool = True
    """Whether it is asked if the problem came back where it was."""


class CaseOutcome(NamedTuple):
    """One case at one age."""

    case: TrackedCase
    age: Age
    at: float
    """When it came to that age, in seconds since 1970."""
    bad: Mapping[Measure, bool]


class OutcomeTracker:
    """Facts come in order of time. Whoever has it sets `ages` anew when they change."""

    def __init__(self, ages: Ages) -> None:
        self.ages = ages
        self._cases = TrackedCases()
        self._ended_at: dict[tuple[str, int, int], set[str]] = {}
        """Answered cases by where they are, while it is seen whether the problem comes back."""
        self._changed: set[str] = set()
        self._moves: dict[type[CaseFact], Callable[[TrackedCase, Any, float], None]] = {
            CaseTransferred: self._transferred,
            WorkStarted: self._work_started,
            CaseAnswered: self._answered,
            CaseDeclined: self._declined,
            CaseWithdrawn: self._withdrawn,
            CaseConfirmed: self._rated,
            CaseRated: self._rated,
            CaseReopened: self._reopened,
            CaseOverdue: self._overdue,
            CaseOverdueWithdrawn: self._not_overdue,
        }

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases by key."""
        self._cases.load(bodies)
        self._ended_at = {}
        for case in self._cases.all():
            if case.answered:
                self._await_again(case)
        self._changed = set()

    def changed(self) -> dict[str, dict[str, Any] | None]:
        """Cases changed since the last call, by key; None for one that is gone."""
        keys, self._changed = sorted(self._changed), set()
        found = [(key, self._cases.get(key)) for key in keys]
        return {key: None if case is None else case.body() for key, case in found}

    def observe(self, fact: CaseFact, at: float) -> None:
        """Take one fact, of a moment in seconds since 1970; whoever wants cases as they were before it asks `due`
        before."""
        if isinstance(fact, CaseOpened):
            self._opened(fact, at)
            return
        case = self._cases.get(f"{fact.region}|{fact.case_id}")
        if case is None:
            return
        self._changed.add(case.key)
        if isinstance(fact, CaseJoined):
            self._forget_place(case)
            self._cases.drop(case)
        else:
            self._moves[type(fact)](case, fact, at)

    def due(self, before: float) -> Iterable[CaseOutcome]:
        """What is to be counted before a time, in order."""
        return self._due(before) if self._cases.is_any_due(before) else ()

    def _due(self, before: float) -> Iterator[CaseOutcome]:
        for case, age, at in self._cases.due(before):
            self._changed.add(case.key)
            if age == "deadline" and not (case.ended or case.missed or case.left):
                # Nobody said that it was missed: its deadline was moved, and it counts at the new one.
                until = case.deadline + MOVED_AT_MOST
                if before <= until:
                    self._cases.plan(case, age, until)
                    continue
            if age == "closed":
                self._forget_place(case)
            yield CaseOutcome(case, age, at, case.outcomes(age))

    def _opened(self, fact: CaseOpened, opened: float) -> None:
        ages = self.ages
        place = _place(fact.category, fact.point) if ages.places and fact.point is not None else None
        if place is not None:
            self._came_again(place, opened)
        if fact.handed_over_from is not None:
            return
        deadline = fact.due_at.timestamp()
        at_deadline = at_twice = 0.0
        if "deadline" in ages.counted:
            at_deadline = deadline + TOLD_LATE
        if "twice" in ages.counted:
            at_twice = 2 * deadline - fact.received_at.timestamp() + TOLD_LATE
        case = TrackedCase(
            fact.case_id, fact.region, fact.area, fact.category, fact.channel, fact.authority, fact.authority, opened,
            deadline, shared(fact.rows), None if place is None else place[1:],
            at_deadline, at_twice,
        )  # fmt: skip
        if self._cases.add(case):
            self._changed.add(case.key)

    def _came_again(self, place: Place, at: float) -> None:
        category, row, column = place
        for y in (row - 1, row, row + 1):
            for x in (column - 1, column, column + 1):
                for key in self._ended_at.get((category, y, x), ()):
                    case = self._cases.get(key)
                    if case is not None and not case.repeated and at > case.ended:
                        case.repeated = True
                        self._changed.add(key)

    def _await_again(self, case: TrackedCase) -> None:
        place = case.place
        if place is not None and case.at_closed:
            self._ended_at.setdefault(place, set()).add(case.key)

    def _forget_place(self, case: TrackedCase) -> None:
        place = case.place
        if place is not None:
            keys = self._ended_at.get(place)
            if keys is not None:
                keys.discard(case.key)
                if not keys:
                    del self._ended_at[place]

    def _transferred(self, case: TrackedCase, fact: CaseTransferred, at: float) -> None:
        case.transfers += 1
        case.holder = fact.authority
        if fact.to_region:
            case.left = True
            case.at_twice = 0.0
            if not (case.at_deadline or case.at_closed):
                self._cases.drop(case)

    def _work_started(self, case: TrackedCase, fact: WorkStarted, at: float) -> None:
        case.worked = True

    def _end(self, case: TrackedCase, at: float) -> bool:
        """Returns whether it is the first end."""
        case.done = True
        if case.ended:
            return False
        case.ended = at
        if case.at_deadline > case.deadline + TOLD_LATE:
            self._cases.plan(case, "deadline", at)
        return True

    def _close(self, case: TrackedCase, at: float) -> None:
        if self._end(case, at) and "closed" in self.ages.counted:
            self._cases.plan(case, "closed", at + self.ages.closed_days * DAY)

    def _answered(self, case: TrackedCase, fact: CaseAnswered, at: float) -> None:
        case.answered = True
        self._close(case, at)
        self._await_again(case)

    def _declined(self, case: TrackedCase, fact: CaseDeclined, at: float) -> None:
        self._close(case, at)

    def _withdrawn(self, case: TrackedCase, fact: CaseWithdrawn, at: float) -> None:
        self._end(case, at)

    def _rated(self, case: TrackedCase, fact: CaseRated | CaseConfirmed | CaseReopened, at: float) -> None:
        if case.poor is None and fact.rating is not None:
            case.poor = fact.rating <= self.ages.poor_rating

    def _reopened(self, case: TrackedCase, fact: CaseReopened, at: float) -> None:
        self._rated(case, fact, at)
        case.reopened, case.done = True, False

    def _overdue(self, case: TrackedCase, fact: CaseOverdue, at: float) -> None:
        in_time = case.ended and case.ended <= fact.due_at.timestamp()
        if case.at_deadline and not in_time:
            case.missed = case.missed or fact.due_at.timestamp()
            if case.at_deadline > case.deadline + TOLD_LATE:
                self._cases.plan(case, "deadline", at + TOLD_LATE)

    def _not_overdue(self, case: TrackedCase, fact: CaseOverdueWithdrawn, at: float) -> None:
        if case.missed == fact.due_at.timestamp():
            case.missed = 0.0


def _place(category: str, point: Point) -> Place:
    row = floor(point.lat * METRES_PER_DEGREE / GRID_M)
    # One width a row, that of its southern edge, so that columns of neighbouring rows lie nearly above each other.
    width = METRES_PER_DEGREE * max(0.01, cos(radians(floor(point.lat))))
    return Place(category, row, floor(point.lon * width / GRID_M))
