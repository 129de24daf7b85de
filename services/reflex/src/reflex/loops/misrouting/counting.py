"""Which cases count, and as what.

A case counts once, at a fixed time after its assignment that is the same whatever became of it. Not at all count cases
that joined another, or that left the region: who should have had them is not known; and cases that the trial of another
rule concerns: the loop `trial` counts those. One that a person placed in triage counts by whom the rules name for it,
where that is known and the rules place no cases of its cell themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from reflex.facts import CaseJoined, CaseOpened, CaseTransferred
from reflex.loops.misrouting.cell import Cell, cell_key
from reflex.loops.misrouting.memory import LATENESS, Memory
from reflex.loops.misrouting.settings import CountsAt, InForce, Rules
from reflex.loops.misrouting.waiting import Waiting
from reflex.sortable_times import text_of

SELECTED_WITHIN = timedelta(days=30)
"""Where the rules have placed a case of a cell so lately, what triage has of it is a selection: the unclear ones."""


class Counting:
    """Cases from their opening until nothing that becomes of them matters."""

    def __init__(self, memory: Memory, rules: Rules, counts_at: CountsAt) -> None:
        self._memory, self._rules, self._counts_at = memory, rules, counts_at
        self._touched: dict[str, tuple[str, ...]] = {}
        """Cells that have changed since they were last taken, and their hints before that."""

    def forget_touched(self) -> None:
        """What was loaded has changed nothing."""
        self._touched = {}

    def opened(self, fact: CaseOpened) -> None:
        """A case waits until it counts, if it will."""
        memory = self._memory
        authority = fact.authority_by_rules if fact.by_hand else fact.authority
        if authority is None or fact.handed_over_from or any(arm.table == "jurisdiction" for arm in fact.arms):
            return
        category, area, at = fact.category, fact.area, text_of(fact.at)
        key = cell_key(category, area)
        if fact.by_hand and self._is_selection(key, fact.at):
            return
        cell = memory.cells.get(key)
        if cell is None:
            memory.cells[key] = Cell(category, area, fact.region, authority, began=at)
            memory.changed.add(key)
        elif at < cell.since:
            return
        elif cell.current != authority:
            cell.restart(authority, fact.at)
            memory.changed.add(key)
        due, until = (text_of(moment) for moment in self._counts_at(fact.region, fact.at))
        if fact.authority != authority:
            self._touch(key)
        memory.waiting.add(Waiting(fact.case_id, key, authority, fact.authority, at, due, until, by_hand=fact.by_hand))
        memory.case_changed(fact.case_id)

    def _is_selection(self, key: str, at: datetime) -> bool:
        """Whether the rules place cases of a cell themselves, so that triage has only some of them.

        Asked when a case is opened: whether it counts may not depend on what comes after it.
        """
        since, cell = text_of(at - SELECTED_WITHIN), self._memory.cells.get(key)
        known = (*(cell.outcomes if cell is not None else ()), *self._memory.waiting.uncounted(key))
        return any(not one.by_hand and one.opened >= since for one in known)

    def transferred(self, fact: CaseTransferred) -> None:
        """A case that waits lies elsewhere; one that left the region will not count."""
        memory = self._memory
        case = memory.waiting.get(fact.case_id)
        if case is None or text_of(fact.at) > case.until:
            return
        if fact.to_region:
            memory.waiting.drop(case.case_id)
        else:
            before, case.holder = case.holder, fact.authority
            if case.counted:
                self._correct(case, before, fact.at)
            else:
                self._touch(case.cell)
        memory.case_changed(case.case_id)

    def _correct(self, case: Waiting, before: str, at: datetime) -> None:
        """A case that was counted where it lay has been handed on late."""
        memory, cell = self._memory, self._memory.cells[case.cell]
        hint = cell.hint()
        if not case.by_hand:
            memory.lateness.late += 1
            memory.changed.add(LATENESS)
            memory.usual_of(cell.category).correct(case.routed, before, case.holder)
            memory.usual_changed(cell.category)
        if cell.correct(case.case_id, case.holder, self._rules(at).background(cell.category)):
            self._touched.setdefault(case.cell, hint)

    def joined(self, fact: CaseJoined) -> None:
        """A case that joined another before it counted will not."""
        case = self._memory.waiting.get(fact.case_id)
        if case is not None and text_of(fact.at) <= case.due:
            self._memory.waiting.drop(case.case_id)
            self._memory.case_changed(case.case_id)

    def _touch(self, key: str) -> None:
        self._touched.setdefault(key, self._memory.cells[key].hint())

    def count(self, rules: InForce, moment: str) -> dict[str, tuple[str, ...]]:
        """Count the cases whose time has come, in order of (time, id); returns the cells that have changed since the
        last call, with their hints then."""
        memory = self._memory
        for case_id in memory.waiting.over(moment):
            memory.case_changed(case_id)
        for case in memory.waiting.due(moment):
            memory.case_changed(case.case_id)
            cell = memory.cells[case.cell]
            if case.routed == cell.current and case.opened >= cell.since:
                self._touch(case.cell)
                if case.holder != case.routed and not case.by_hand:
                    memory.lateness.in_time += 1
                    memory.changed.add(LATENESS)
                if not case.by_hand:
                    memory.usual_of(cell.category).add(case.routed, case.holder)
                    memory.usual_changed(cell.category)
                cell.count(case.outcome(), rules.background(cell.category))
        touched, self._touched = self._touched, {}
        memory.changed |= set(touched)
        return touched
