"""Cases from their receipt until nothing more is learnt of them: how long each took to be answered.

Ages are working minutes of the calendar of the case's region, without the time that its clock stood still. Times are
ISO text of one zone, so that they sort as they stand; empty where there is none.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any


@dataclass(slots=True)
class WatchedCase:
    """One case, as far as it concerns its limit."""

    case_id: str
    track: str
    region: str
    area: str
    authority: str
    """Who has it now."""
    received: str
    start: int
    """Working minutes from the calendar's beginning to the receipt."""
    limit: int
    due: str
    until: str
    """Nothing is learnt of it from then on."""
    spent: int | None = None
    """Minutes to the answer that stands; None while there is none."""
    first: int | None = None
    """Minutes to the first answer."""
    answered: str = ""
    """When it was answered first."""
    reopened: str = ""
    """When it was reopened first."""
    stood: int | None = None
    """Its age when its citizen was asked something: from then on nobody knows here whether its clock stands."""
    counted: bool = False
    """Whether its deadline has come."""
    of_day: int = 1
    """Which it is of the cases of its row that were received on one day."""

    def age(self, clock: int) -> int:
        """Minutes that it has taken so far, while it has no answer; `clock` counts as `start` does."""
        return self.stood if self.stood is not None else max(0, clock - self.start)

    @property
    def missed(self) -> bool:
        """At its deadline: whether there is no answer that stands, or a late one."""
        return self.spent is None or self.spent > self.limit


KEPT = tuple(name for name in WatchedCase.__slots__ if name != "case_id")
_VALUES = attrgetter(*KEPT)
BY_RECEIPT = attrgetter("received", "case_id")


class WatchedCases:
    """Cases by id and by track; each is taken out when its deadline has come, and when it need be known no longer."""

    def __init__(self) -> None:
        self._cases: dict[str, WatchedCase] = {}
        self._tracks: dict[str, dict[str, WatchedCase]] = {}
        self._coming: dict[str, list[WatchedCase]] = {}
        """In order of receipt."""
        self._days: Counter[tuple[str, str]] = Counter()
        self._deadlines: list[tuple[str, str]] = []
        self._ends: list[tuple[str, str]] = []

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved cases in place of those here. Older bodies do not say which of a day a case is."""
        self._cases, self._tracks, self._coming, self._days = {}, {}, {}, Counter()
        self._deadlines, self._ends = [], []
        found = [WatchedCase(case_id, **body) for case_id, body in bodies.items()]
        for case in sorted(found, key=BY_RECEIPT):
            if "of_day" not in bodies[case.case_id]:
                case.of_day = self.received_on(*_day(case)) + 1
            self.add(case)

    def add(self, case: WatchedCase) -> None:
        """Watch a case; one that is watched already is left as it is."""
        if case.case_id in self._cases:
            return
        self._cases[case.case_id] = case
        self._tracks.setdefault(case.track, {})[case.case_id] = case
        self._days[_day(case)] += 1
        if not case.counted:
            insort(self._coming.setdefault(case.track, []), case, key=BY_RECEIPT)
            heapq.heappush(self._deadlines, (case.due, case.case_id))
        heapq.heappush(self._ends, (case.until, case.case_id))

    def get(self, case_id: str) -> WatchedCase | None:
        return self._cases.get(case_id)

    def of(self, track: str) -> list[WatchedCase]:
        return list(self._tracks.get(track, {}).values())

    def number(self, track: str) -> int:
        """How many there are."""
        return len(self._tracks.get(track, ()))

    def coming(self, track: str, most: int) -> list[WatchedCase]:
        """The last of those whose deadline is still to come, in order of (received, id)."""
        return self._coming.get(track, [])[-most:]

    def received_on(self, track: str, day: str) -> int:
        """How many are watched of those received on a day."""
        return self._days[track, day]

    def drop(self, case_id: str) -> None:
        """Forget a case: it was no case of its own, or is another's."""
        case = self._cases.pop(case_id, None)
        if case is None:
            return
        del self._tracks[case.track][case_id]
        if not case.counted:
            self._no_longer_coming(case)
        day = _day(case)
        self._days[day] -= 1
        if not self._days[day]:
            del self._days[day]

    def deadlines(self, now: str) -> Iterator[WatchedCase]:
        """The cases whose deadline has come by `now`, in order of (due, id)."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, case_id = heapq.heappop(self._deadlines)
            case = self._cases.get(case_id)
            if case is not None and not case.counted:
                self._no_longer_coming(case)
                case.counted = True
                yield case

    def _no_longer_coming(self, case: WatchedCase) -> None:
        coming = self._coming[case.track]
        del coming[bisect_left(coming, BY_RECEIPT(case), key=BY_RECEIPT)]

    def ended(self, now: str) -> Iterator[str]:
        """Take out the cases of which nothing more is learnt."""
        while self._ends and self._ends[0][0] <= now:
            _, case_id = heapq.heappop(self._ends)
            if case_id in self._cases:
                self.drop(case_id)
                yield case_id

    def body(self, case_id: str) -> dict[str, Any] | None:
        """The state of a case, of what orjson can write; None for one that is gone."""
        case = self._cases.get(case_id)
        return None if case is None else dict(zip(KEPT, _VALUES(case), strict=True))


def _day(case: WatchedCase) -> tuple[str, str]:
    return case.track, case.received[:10]
