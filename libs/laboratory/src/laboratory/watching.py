"""A loop that watches cases and changes nothing: its own code driven over what the log says of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from reflex.facts import CaseAnswered, CaseJoined, CaseOpened, Fact, Point
from reflex.loop import Loop, LoopOutput
from world import clock

from laboratory.logged_case import LoggedCase

NOTICED = timedelta(minutes=30)
"""After so long a case that is a duplicate is joined to the other."""


def facts_of(case: LoggedCase) -> Iterator[Fact]:
    """What a region would say of a case: opened, joined where it is a duplicate, else answered when it was closed."""
    if case.cell is None or case.ruled is None:
        return
    name, region, at = case.case_id, case.where.region, case.opened_at
    category, area = case.cell
    about = {"case_id": name, "region": region, "authority": case.ruled}
    yield CaseOpened(
        **about, id=f"{name}:0", at=at, category=category, area=area, channel=case.channel, priority=1,
        received_at=at, due_at=at, point=None if case.point is None else Point(*case.point),
    )  # fmt: skip
    if case.joins is not None:
        yield CaseJoined(**about, id=f"{name}:1", at=at + NOTICED, into_case=case.joins)
    elif case.closed_at is not None:
        yield CaseAnswered(**about, id=f"{name}:1", at=max(case.closed_at, at + NOTICED))


class Watch:
    """Facts wait until the tick after them; a tick is six hours."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.given = 0
        """Facts that it was given."""
        self._facts: list[tuple[datetime, str, Fact]] = []

    def add(self, cases: Iterable[LoggedCase]) -> None:
        for case in cases:
            for fact in facts_of(case):
                if type(fact) in self.loop.facts:
                    heapq.heappush(self._facts, (fact.at, fact.id, fact))

    def tick(self, until: datetime) -> Sequence[LoopOutput]:
        while self._facts and self._facts[0][0] < until:
            self.loop.observe(heapq.heappop(self._facts)[2])
            self.given += 1
        return self.loop.on_tick(until)


def ticks(first: datetime, last: datetime) -> Iterator[datetime]:
    """Every tick of a log, as a replay makes them."""
    return (until for _, until in clock.intervals(first, last))
