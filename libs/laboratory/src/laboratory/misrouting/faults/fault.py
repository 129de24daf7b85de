"""A fault: from some time on, cases of a cell belong to another authority than the rules say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from common.federation.country import Federation

from laboratory.logged_case import Cell, LoggedCase

OWNED = 0.6
"""Share of a cell's cases that the rules are right about, for a fault there to be one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """From `since` on a share of the cases of the cell that were `old`'s are `new`'s, and the other way round."""

    cell: Cell
    old: str
    new: str
    since: datetime
    share: float = 1.0
    """Below 1 nobody can say by category and area alone whose a case is."""


@dataclass(frozen=True)
class Ground:
    """What faults are drawn from."""

    federation: Federation
    cases: Sequence[LoggedCase]
    ends: Mapping[Cell, Counter[str]]
    """Who really had the cells' cases."""
    ruled: Mapping[Cell, str]

    def owned(self, least: int, most: int | None = None) -> list[Cell]:
        """Cells of so many cases of which the rules are mostly right, in order of their names."""
        return [
            cell
            for cell, counts in sorted(self.ends.items())
            if least <= counts.total() and (most is None or counts.total() < most)
            and counts[self.ruled[cell]] >= OWNED * counts.total()
        ]  # fmt: skip

    def others(self, cell: Cell) -> list[str]:
        """Authorities that might have a cell's cases instead, of its region."""
        region = self.federation.region_of_area(cell[1]) or ""
        return [a.id for a in self.federation.authorities if a.serves(region) and a.id != self.ruled[cell]]

    def early(self, random: Random, least: float = 0.1, most: float = 0.4) -> datetime:
        """A time in the earlier part of the replay."""
        first, last = self.cases[0].opened_at, self.cases[-1].opened_at
        return first + (last - first) * random.uniform(least, most)


Fault = Callable[[Ground, Random], list[Moved]]
"""Draws where it strikes; nothing where the log has no place for it."""


def ground_of(federation: Federation, cases: Sequence[LoggedCase]) -> Ground:
    """Count a log's cells."""
    ends: dict[Cell, Counter[str]] = defaultdict(Counter)
    ruled: dict[Cell, str] = {}
    for case in cases:
        if case.cell is not None and case.ruled is not None:
            ruled[case.cell] = case.ruled
            if case.really is not None:
                ends[case.cell][case.really] += 1
    return Ground(federation, cases, ends, ruled)


def with_faults(cases: Iterable[LoggedCase], moved: Sequence[Moved], seed: int) -> list[LoggedCase]:
    """The cases as they would have been; a cell is moved by the first fault that names it."""
    by_cell: dict[Cell, Moved] = {}
    for one in moved:
        by_cell.setdefault(one.cell, one)
    return [_with(case, by_cell.get(case.cell) if case.cell else None, seed) for case in cases]


def _with(case: LoggedCase, fault: Moved | None, seed: int) -> LoggedCase:
    if fault is None or case.opened_at < fault.since or case.really not in (fault.old, fault.new):
        return case
    if fault.share < 1 and Random(f"moved:{seed}:{case.case_id}").random() >= fault.share:
        return case
    return replace(case, really=fault.new if case.really == fault.old else fault.old)
