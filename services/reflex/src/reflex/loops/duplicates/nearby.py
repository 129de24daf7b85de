"""Where and when the cases of the last weeks came, to say how far apart two are that people join unasked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from reflex.facts import CaseOpened
from reflex.sortable_times import text_of

KEPT_DAYS = 45
"""Longer than any window that may be proposed."""
METRES_OF_A_DEGREE = 111_320.0


class Placed(NamedTuple):
    """A case with a point; the time as text that sorts."""

    category: str
    lat: float
    lon: float
    at: str


class RecentCases:
    """By id, oldest first."""

    def __init__(self) -> None:
        self._cases: dict[str, Placed] = {}
        self.changed: set[str] = set()

    def load(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        found = {case_id: Placed(*body["case"]) for case_id, body in bodies.items()}
        self._cases = dict(sorted(found.items(), key=lambda one: (one[1].at, one[0])))
        self.changed = set()

    def body(self, case_id: str) -> dict[str, Any] | None:
        found = self._cases.get(case_id)
        return None if found is None else {"case": list(found)}

    def add(self, fact: CaseOpened) -> None:
        if fact.point is None or fact.case_id in self._cases:
            return
        self._cases[fact.case_id] = Placed(fact.category, *fact.point, text_of(fact.received_at))
        self.changed.add(fact.case_id)

    def between(self, case_id: str, other: str) -> tuple[str, int, int] | None:
        """Category, metres and minutes of two cases of one category; None where one is not known."""
        a, b = self._cases.get(case_id), self._cases.get(other)
        if a is None or b is None or a.category != b.category:
            return None
        apart = abs(datetime.fromisoformat(a.at) - datetime.fromisoformat(b.at))
        north = (a.lat - b.lat) * METRES_OF_A_DEGREE
        east = (a.lon - b.lon) * METRES_OF_A_DEGREE * math.cos(math.radians(a.lat))
        return a.category, round(math.hypot(north, east)), round(apart.total_seconds() / 60)

    def forget(self, now: datetime) -> None:
        oldest = text_of(now - timedelta(days=KEPT_DAYS))
        gone = list(takewhile(lambda case_id: self._cases[case_id].at < oldest, self._cases))
        for case_id in gone:
            del self._cases[case_id]
        self.changed.update(gone)
