"""What is planted in the time that cases take: the world gets slower, or closes cases that are not done."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from laboratory.deadline.shuffling import shuffled
from laboratory.logged_case import LoggedCase
from laboratory.study import Scenario

TYPES = 8
"""In which something is planted, at most."""
FEWEST_CASES = 150
"""Of a type, in the whole replay, for something to be planted in it."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """One case as it went: its answers and reopenings, in order of time."""

    answered: tuple[datetime, ...]
    reopened: tuple[datetime, ...] = ()

    def until(self, end: datetime) -> Course:
        """What of it happens before `end`."""
        return Course(tuple(a for a in self.answered if a < end), tuple(r for r in self.reopened if r < end))

    @property
    def stands_at(self) -> datetime | None:
        """When the answer was given that was not reopened; None where there is none."""
        return self.answered[-1] if len(self.answered) > len(self.reopened) else None


Change: TypeAlias = Callable[[LoggedCase, datetime, datetime, Random], Course]
"""(case, when it was closed, when the fault begins, chance) to how it goes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """From a time between `earliest` and `latest`, shares of the replay, the course of a type's cases is another."""

    change: Change
    earliest: float = 0.4
    latest: float = 0.5
    everywhere: bool = False
    """In all types."""
    slows: bool = True
    """More deadlines are missed from some day on, which is to be found."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A type in which something is wrong from `since` on."""

    category: str
    since: datetime


def _slower(times: float) -> Change:
    def change(case: LoggedCase, closed: datetime, since: datetime, random: Random) -> Course:
        return Course((case.opened_at + times * (closed - case.opened_at),))

    return change


def _gradually(case: LoggedCase, closed: datetime, since: datetime, random: Random) -> Course:
    """A fifth slower with every two weeks."""
    times = 1 + 0.2 * ((case.opened_at - since) / (14 * DAY))
    return Course((case.opened_at + times * (closed - case.opened_at),))


def _season(case: LoggedCase, closed: datetime, since: datetime, random: Random) -> Course:
    """Up to a third slower and back again in 120 days."""
    times = 1 + 0.17 * (1 - math.cos(2 * math.pi * ((case.opened_at - since) / (120 * DAY))))
    return Course((case.opened_at + times * (closed - case.opened_at),))


def _fake(case: LoggedCase, closed: datetime, since: datetime, random: Random) -> Course:
    """Three in ten are closed within an hour, reopened ten days later, and answered a day after that, or when they
    were."""
    if random.random() >= 0.3:
        return Course((closed,))
    at, again = case.opened_at + timedelta(hours=random.random()), case.opened_at + 10 * DAY
    return Course((at, max(closed, again + DAY)), (again,))


FAULTS: dict[Scenario, Fault | None] = {
    Scenario("unrealistic_deadline", "answers take 3.3 times the limit's share, from the first day"): Fault(
        _slower(1 / 0.3), 0.0, 0.0, slows=False
    ),
    Scenario("slow_down_15", "answers take 1.5 times as long"): Fault(_slower(1.5)),
    Scenario("slow_down_2", "answers take twice as long"): Fault(_slower(2)),
    Scenario("slow_down_3", "answers take three times as long"): Fault(_slower(3)),
    Scenario("gradual_drift", "answers take a fifth longer with every two weeks"): Fault(_gradually, 0.2, 0.3),
    Scenario("season", "answers take up to a third longer and back again, in 120 days", plants=False): Fault(
        _season, 0.0, 0.0, everywhere=True, slows=False
    ),
    Scenario("fake_closing", "three in ten cases are closed within an hour and reopened after ten days"): Fault(
        _fake, 0.0, 0.0, slows=False
    ),
}
NO_FAULT = Scenario("no_fault", "nothing is planted", plants=False)
SHUFFLED = Scenario(
    "shuffled", "nothing is planted, and nothing in the log changes over time", plants=False, shuffling=shuffled
)


def planted(cases: Sequence[LoggedCase], scenario: Scenario, seed: int) -> list[Planted]:
    """The types in which something is wrong; none where the log has no type that is large enough."""
    fault = FAULTS.get(scenario)
    if fault is None:
        return []
    random = Random(f"faults:{scenario.name}:{seed}")
    counts = Counter(c.cell[0] for c in cases if c.cell is not None and c.closed_at is not None)
    large = sorted(category for category, n in counts.items() if n >= FEWEST_CASES)
    chosen = sorted(counts) if fault.everywhere else sorted(random.sample(large, min(TYPES, len(large))))
    first, last = cases[0].opened_at, cases[-1].opened_at
    return [Planted(c, first + random.uniform(fault.earliest, fault.latest) * (last - first)) for c in chosen]


def slowed(scenario: Scenario) -> bool:
    """Whether a scenario's faults are to be found as slow-downs."""
    fault = FAULTS.get(scenario)
    return fault is not None and fault.slows


def course(case: LoggedCase, since: Mapping[str, datetime], scenario: Scenario, seed: int) -> Course:
    """How a case goes; `since`: when something begins to be wrong, by category."""
    closed = case.closed_at
    if closed is None or closed < case.opened_at or case.cell is None:
        return Course(())
    fault, begins = FAULTS.get(scenario), since.get(case.cell[0])
    if fault is None or begins is None or case.opened_at < begins:
        return Course((closed,))
    return fault.change(case, closed, begins, Random(f"course:{seed}:{case.case_id}"))
