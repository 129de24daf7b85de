"""The open cases of all authorities, each with its deadline, and the desks that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseExtended,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
)
from reflex.loops.prediction.desk import Desk

ENDED = (CaseAnswered, CaseDeclined, CaseJoined, CaseWithdrawn)
BEGUN = (CaseOpened, CaseReopened)


class Desks:
    """Kept up with every fact about a case; what changed is told by key."""

    def __init__(self, day_of: Callable[[str, datetime], date]) -> None:
        self._day_of = day_of
        self._open: dict[str, tuple[str, str, date]] = {}
        """Region, authority and day of the deadline, by case."""
        self._desks: dict[tuple[str, str], Desk] = {}
        self._changed: set[str] = set()
        """Cases."""
        self._busy: set[tuple[str, str]] = set()
        """Desks whose running day has changed."""
        self._learnt: set[tuple[str, str]] = set()
        """Desks of which more has changed."""

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up the saved keys `case|`, `desk|` and `today|`; what is due at a desk is what its open cases say."""
        self._open, self._desks = {}, {}
        self._changed, self._busy, self._learnt = set(), set(), set()
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind == "desk":
                self._desk(*name.split("|", 1)).load(body)
            elif kind == "today":
                self._desk(*name.split("|", 1)).load_today(body)
            elif kind == "case":
                region, authority, ordinal = body["case"]
                due = date.fromordinal(ordinal)
                self._open[name] = (region, authority, due)
                self._desk(region, authority).add(due)

    def changed(self) -> dict[str, dict[str, Any] | None]:
        """What changed since the last call, by key; None for cases that are gone."""
        found: dict[str, dict[str, Any] | None] = {}
        for case in sorted(self._changed):
            held = self._open.get(case)
            found[f"case|{case}"] = None if held is None else {"case": (held[0], held[1], held[2].toordinal())}
        for key in sorted(self._busy):
            found[f"today|{key[0]}|{key[1]}"] = self._desks[key].today()
        for key in sorted(self._learnt):
            found[f"desk|{key[0]}|{key[1]}"] = self._desks[key].body()
        self._changed, self._busy, self._learnt = set(), set(), set()
        return found

    def of_region(self, region: str) -> Iterator[Desk]:
        """In the order of their names."""
        yield from (desk for key, desk in sorted(self._desks.items()) if key[0] == region)

    def touch(self, desk: Desk) -> None:
        """Its day has ended."""
        key = (desk.region, desk.authority)
        self._learnt.add(key)
        self._busy.add(key)

    def forget(self, region: str, before: date) -> None:
        """Cases of a region whose deadline was before a day are thought never to end: what becomes of them counts no
        more."""
        for case in [case for case, held in self._open.items() if held[0] == region and held[2] < before]:
            del self._open[case]
            self._changed.add(case)
        for desk in self.of_region(region):
            desk.forget(before)

    def observe(self, fact: CaseFact) -> None:
        """One fact about a case; one that is not open here changes nothing."""
        if isinstance(fact, BEGUN) and fact.due_at is not None:
            self._put(fact, fact.authority, self._day_of(fact.region, fact.due_at))
            return
        held = self._open.get(fact.case_id)
        if held is None:
            return
        if isinstance(fact, ENDED):
            self._take_away(fact.case_id)
        elif isinstance(fact, CaseTransferred):
            self._take_away(fact.case_id)
            if fact.to_region is None:
                self._put(fact, fact.authority, held[2])
        elif isinstance(fact, CaseExtended):
            self._move(fact.case_id, self._day_of(fact.region, fact.due_at))

    def _put(self, fact: CaseFact, authority: str, due: date) -> None:
        if fact.case_id in self._open:
            self._take_away(fact.case_id)
        self._desk(fact.region, authority).take(due, self._day_of(fact.region, fact.at))
        self._open[fact.case_id] = (fact.region, authority, due)
        self._changed.add(fact.case_id)
        self._busy.add((fact.region, authority))

    def _take_away(self, case_id: str) -> None:
        region, authority, due = self._open.pop(case_id)
        self._desks[region, authority].give(due)
        self._changed.add(case_id)
        self._busy.add((region, authority))

    def _move(self, case_id: str, due: date) -> None:
        region, authority, before = self._open[case_id]
        self._desks[region, authority].move(before, due)
        self._open[case_id] = (region, authority, due)
        self._changed.add(case_id)

    def _desk(self, region: str, authority: str) -> Desk:
        found = self._desks.get((region, authority))
        if found is None:
            found = self._desks[region, authority] = Desk(region, authority)
        return found
