"""Cells that say the same become one proposal: the category's row of the nation, or rows of one region together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.contracts.patch import Patch
from common.rulebook.release import NATIONAL

from reflex.loops.misrouting.agreement import Others
from reflex.loops.misrouting.cell import Cell, cell_key
from reflex.loops.misrouting.evidence import Named
from reflex.loops.misrouting.patching import CellName
from reflex.loops.misrouting.winner import Winner


class Patches(Protocol):
    """See patching.Patcher."""

    def cells(self, region: str, cells: Iterable[CellName], target: str, now: datetime) -> Patch | None: ...
    def nation(self, category: str, target: str, keep: Sequence[str], old: str) -> Patch | None: ...
    def decided_by(self, region: str, category: str, area: str, now: datetime) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cell whose own cases have won."""

    cell: Cell
    winner: Winner


@dataclass(frozen=True, slots=True)
class Recent:
    """A cell that a proposal of the last days named, and what for."""

    proposal: str
    category: str
    area: str
    old: str
    target: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One proposal to be: its patch, the cells it changes, those it leaves out, and earlier ones beside it."""

    target: str
    patch: Patch
    named: tuple[Named, ...]
    kept: tuple[Cell, ...] = ()
    beside: tuple[str, ...] = ()
    everywhere: bool = False
    """It changes the nation's row."""


@dataclass(frozen=True, slots=True)
class DraftContext:
    """What drafting looks at."""

    cells: Mapping[str, Cell]
    region_of: Mapping[str, str]
    """Area -> region."""
    recent: Sequence[Recent]
    patches: Patches
    everywhere: Callable[[str], bool]
    """Whether an authority serves every region."""
    enough: int
    now: datetime


def draft(candidates: Sequence[Candidate], ground: DraftContext) -> list[Draft]:
    """Every candidate in exactly one draft, or in none when the rules say so already."""
    left = {c.cell.key: c for c in sorted(candidates, key=lambda c: c.cell.key)}
    found: list[Draft] = []
    for first in list(left.values()):
        if first.cell.key in left:
            one = _nation(first, left, ground) or _region(first, left, ground)
            for name in one.named if one is not None else ():
                left.pop(name.cell.key, None)
            left.pop(first.cell.key, None)
            if one is not None:
                found.append(one)
    return found


def _alike(candidate: Candidate, others: Iterable[Candidate], category: bool) -> list[Candidate]:
    cell, target = candidate.cell, candidate.winner.target
    return [
        o
        for o in others
        if o.winner.target == target
        and o.cell.current == cell.current
        and (o.cell.category == cell.category if category else o.cell.area == cell.area)
    ]


def _beside(candidate: Candidate, ground: DraftContext, category: bool) -> list[Recent]:
    cell, target = candidate.cell, candidate.winner.target
    return [
        r
        for r in ground.recent
        if r.target == target
        and (r.category == cell.category if category else (r.area, r.old) == (cell.area, cell.current))
    ]


def _nation(first: Candidate, left: dict[str, Candidate], ground: DraftContext) -> Draft | None:
    """The nation's row, when so many cells of a category say it that the row itself is wrong."""
    cell, target = first.cell, first.winner.target
    alike = _alike(first, left.values(), category=True)
    beside = _beside(first, ground, category=True)
    own = {c.cell.area: c for c in alike}
    others = Others(
        cell, target, first.winner.since[0].opened,
        [other for area in ground.region_of if (other := ground.cells.get(cell_key(cell.category, area))) is not None],
        {*own, *(r.area for r in beside)},
    )  # fmt: skip
    if others.agreeing < ground.enough or not others.is_usual:
        return None
    if not ground.everywhere(target) or not _by_nation(cell, ground):
        return None
    named: list[Named] = []
    kept: list[Cell] = []
    for area, region in sorted(ground.region_of.items()):
        other = ground.cells.get(cell_key(cell.category, area)) or Cell(cell.category, area, region, cell.current)
        if other.current != cell.current or other.proposal is not None or not _by_nation(other, ground):
            continue
        if (candidate := own.get(area)) is not None:
            named.append(Named(candidate.cell, candidate.winner))
        elif others.follows(other):
            named.append(Named(other, None))
        else:
            kept.append(other)
    patch = ground.patches.nation(cell.category, target, [c.area for c in kept], cell.current)
    if patch is None:
        return None
    return Draft(target, patch, tuple(named), tuple(kept), _ids(beside), everywhere=True)


def _by_nation(cell: Cell, ground: DraftContext) -> bool:
    return ground.patches.decided_by(cell.region, cell.category, cell.area, ground.now) == NATIONAL


def _region(first: Candidate, left: dict[str, Candidate], ground: DraftContext) -> Draft | None:
    """Rows of the cell's own region: with those that share its category, or its area and old authority; else alone."""
    cell, target = first.cell, first.winner.target
    for category in (True, False):
        alike = [c for c in _alike(first, left.values(), category) if c.cell.region == cell.region]
        beside = _beside(first, ground, category)
        names = {(c.cell.category, c.cell.area) for c in alike} | {(r.category, r.area) for r in beside}
        if len(names) < ground.enough:
            continue
        keys = {c.cell.key for c in alike}
        followers = [
            c
            for c in ground.cells.values()
            if c.key not in keys
            and (c.region, c.current) == (cell.region, cell.current)
            and (c.category == cell.category if category else c.area == cell.area)
            and c.proposal is None
        ]
        named = [*(Named(c.cell, c.winner) for c in alike), *(Named(f, None) for f in followers if f.supports(target))]
        kept = [f for f in followers if f.contradicts(target) and any(o.end == target for o in f.outcomes)]
        return _rows(target, named, kept, _ids(beside), ground)
    return _rows(target, [Named(cell, first.winner)], [], (), ground)


def _rows(
    target: str, named: Sequence[Named], kept: Sequence[Cell], beside: tuple[str, ...], ground: DraftContext
) -> Draft | None:
    cells = [(n.cell.category, n.cell.area) for n in named]
    patch = ground.patches.cells(named[0].cell.region, cells, target, ground.now)
    return None if patch is None else Draft(target, patch, tuple(named), tuple(kept), beside)


def _ids(recent: Iterable[Recent]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.proposal for one in recent))
