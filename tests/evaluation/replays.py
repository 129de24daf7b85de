"""Seeded replays of one log: other faults, other days, the same rules.

The rules stay as the federation has them; what changes is who really had a case. A replay is of one of two kinds.
`thinned`: the log in its own order, with its drift and seasons, less some of each cell's days. `resampled`: fortnights
of the log drawn with replacement, whole, so that bursts stay and seasons go.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Placed, Where, place
from world.ground_truth import Truth
from world.log_requests import LogRequest

from tests.evaluation.loop_alone import Cell, LoggedCase

PLANTED_CELLS = 24
FEWEST_CASES = 12
"""Of a cell in the log, to be planted."""
OWNED = 0.6
"""Share of a cell's cases that the rule is right about, for its fault to be one."""
DROPPED_DAYS = 0.15
FORTNIGHT = timedelta(days=14)

Kind = Literal["thinned", "resampled"]


@dataclass(frozen=True, slots=True)
class Fault:
    """From `since` on, cases of the cell that were `old`'s are `new`'s."""

    cell: Cell
    old: str
    new: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """One log to run the loop on."""

    seed: int
    kind: Kind
    faults: tuple[Fault, ...]
    cases: tuple[LoggedCase, ...]


class Replays:
    """Replays of a log by the rules of its federation, whose own planted rows are taken for right."""

    def __init__(self, truth: Truth, rows: Iterable[LogRequest]) -> None:
        self._truth = truth
        book = ReleaseBook(truth.federation.base_releases())
        self._cases: list[LoggedCase] = []
        self._cells: dict[str, Cell] = {}
        self._ruled: dict[Cell, str] = {}
        for row in rows:
            if row.lat is None or row.lon is None:
                continue
            found = truth.federation.locate(row.lat, row.lon, row.opened_at)
            if found is None:
                continue
            where = Where(found.area, found.region, found.border_set)
            placed = place(row.case_id, row.type, where, book.in_force(where.region, row.opened_at))
            really = row.true_authority
            if isinstance(placed, Placed):
                cell = (placed.category, where.area)
                self._cells[row.case_id] = cell
                self._ruled[cell] = placed.authority
                really = self._as_ruled(cell, really)
            self._cases.append(
                LoggedCase(row.case_id, row.opened_at, row.type, where, row.channel, really, row.duplicate_of)
            )

    def _as_ruled(self, cell: Cell, really: str | None) -> str | None:
        planted = self._truth.planted_by_cell.get(cell)
        if planted is None:
            return really
        return {planted.right: planted.wrong, planted.wrong: planted.right}.get(really or "", really)

    def draw(self, seed: int, kind: Kind, *, planted: bool) -> Replay:
        """The same for the same seed, kind and `planted`."""
        random = Random(f"replay:{seed}")
        faults = self._faults(Random(f"faults:{seed}")) if planted else ()
        cases = self._thinned(random) if kind == "thinned" else self._resampled(random)
        moved = {fault.cell: fault for fault in faults}
        return Replay(seed, kind, faults, tuple(self._with_fault(case, moved) for case in cases))

    def _with_fault(self, case: LoggedCase, moved: Mapping[Cell, Fault]) -> LoggedCase:
        cell = self._cells.get(case.case_id.partition("#")[0])
        fault = moved.get(cell) if cell is not None else None
        if fault is None or case.opened_at < fault.since or case.really not in (fault.old, fault.new):
            return case
        return replace(case, really=fault.new if case.really == fault.old else fault.old)

    def _faults(self, random: Random) -> tuple[Fault, ...]:
        ends: dict[Cell, Counter[str]] = defaultdict(Counter)
        for case in self._cases:
            cell = self._cells.get(case.case_id)
            if cell is not None and case.really is not None:
                ends[cell][case.really] += 1
        fit = [
            cell
            for cell, counts in sorted(ends.items())
            if counts.total() >= FEWEST_CASES and counts[self._ruled[cell]] >= OWNED * counts.total()
        ]
        first, last = self._cases[0].opened_at, self._cases[-1].opened_at
        faults = []
        for number, cell in enumerate(random.sample(fit, PLANTED_CELLS)):
            region = self._truth.federation.region_of_area(cell[1]) or ""
            others = [
                a.id for a in self._truth.federation.authorities if a.serves(region) and a.id != self._ruled[cell]
            ]
            since = first if number % 2 else first + (last - first) * random.uniform(0.1, 0.5)
            faults.append(Fault(cell, self._ruled[cell], random.choice(others), since))
        return tuple(faults)

    def _thinned(self, random: Random) -> list[LoggedCase]:
        dropped: dict[tuple[object, ...], bool] = {}
        kept = []
        for case in self._cases:
            day = (case.type, case.where.area, case.opened_at.date())
            if day not in dropped:
                dropped[day] = random.random() < DROPPED_DAYS
            if not dropped[day]:
                kept.append(case)
        return kept

    def _resampled(self, random: Random) -> list[LoggedCase]:
        first = self._cases[0].opened_at
        blocks: dict[int, list[LoggedCase]] = defaultdict(list)
        for case in self._cases:
            blocks[(case.opened_at - first) // FORTNIGHT].append(case)
        whole = len(blocks) - 1
        found: list[LoggedCase] = []
        for place_ in range(whole):
            number = random.randrange(whole)
            shift = FORTNIGHT * (place_ - number)
            found += [
                replace(
                    case, case_id=f"{case.case_id}#{place_}", opened_at=case.opened_at + shift,
                    joins=f"{case.joins}#{place_}" if case.joins else None,
                )
                for case in blocks[number]
            ]  # fmt: skip
        return found
