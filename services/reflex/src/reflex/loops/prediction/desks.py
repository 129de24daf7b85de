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


class Desks:
    """Kept up with every fact about a case; what changed is told by key."""

    def __init__(self, day_of: Callable[[str, datetime], date]) -> None:
        self._day_of = day_of
        self._open: dict[str, tuple[str, str, date]] = {}
        """Region, authority and day of the deadline, by case."""
        self._desks: dict[tuple[str, str], Desk] = {}
        self.changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        found = [Desk.of(body) for key, body in state.items() if key.startswith("desk|")]
        self._desks = {(desk.region, desk.authority): desk for desk in found}
        cases = {key.partition("|")[2]: body["case"] for key, body in state.items() if key.startswith("case|")}
        self._open = {case: (region, desk, date.fromisoformat(due)) for case, (region, desk, due) in cases.items()}
        self.changed = set()

    def body(self, key: str) -> dict[str, Any] | None:
        """The state of a key that begins with `case|` or `desk|`."""
        kind, _, name = key.partition("|")
        if kind == "desk":
            region, _, authority = name.partition("|")
            return self._desks[region, authority].body()
        held = self._open.get(name)
        return None if held is None else {"case": [held[0], held[1], held[2].isoformat()]}

    def of_region(self, region: str) -> Iterator[Desk]:
        """In the order of their names."""
        yield from (desk for key, desk in sorted(self._desks.items()) if key[0] == region)

    def touch(self, desk: Desk) -> None:
        """It changed."""
        self.changed.add(f"desk|{desk.region}|{desk.authority}")

    def observe(self, fact: CaseFact) -> None:
        """One fact about a case; one that is not open here changes nothing."""
        if isinstance(fact, CaseOpened | CaseReopened) and fact.due_at is not None:
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
        desk = self._desks.setdefault((fact.region, authority), Desk(fact.region, authority))
        desk.take(due, self._day_of(fact.region, fact.at))
        self._open[fact.case_id] = (fact.region, authority, due)
        self.changed.add(f"case|{fact.case_id}")
        self.touch(desk)

    def _take_away(self, case_id: str) -> None:
        region, authority, due = self._open.pop(case_id)
        desk = self._desks[region, authority]
        desk.give(due)
        self.changed.add(f"case|{case_id}")
        self.touch(desk)

    def _move(self, case_id: str, due: date) -> None:
        region, authority, before = self._open[case_id]
        desk = self._desks[region, authority]
        desk.move(before, due)
        self._open[case_id] = (region, authority, due)
        self.changed.add(f"case|{case_id}")
        self.touch(desk)
