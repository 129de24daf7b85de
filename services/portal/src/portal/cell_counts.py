"""A proposal's cases counted again: in the days of its evidence, from then on, and under the changed rule. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from portal.loop_pages.page import WatchedCell

EVIDENCE, OLD_RULE, NEW_RULE = "evidence", "old_rule", "new_rule"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Cases of one cell received in [first, until)."""

    period: str
    cell: WatchedCell
    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How cases stand by now."""

    cases: int = 0
    passed_on: int = 0
    """At least once, to whomever."""
    at_target: int = 0
    at_current: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.cases + other.cases, self.passed_on + other.passed_on, self.at_target + other.at_target,
            self.at_current + other.at_current,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """One period of all cells together."""

    name: str
    first: datetime
    until: datetime
    count: Count


def windows_of(
    cells: Sequence[WatchedCell], proposed: datetime, effective: datetime | None, now: datetime, zone: tzinfo
) -> list[Window]:
    """The evidence is counted in whole days of `zone`; cells without evidence of their own begin with the proposal.

    `effective` is when the change took effect, None while it has not been adopted.
    """
    changed = effective if effective is not None and effective <= now else None
    found = []
    for cell in cells:
        begin = proposed
        if cell.first is not None and cell.last is not None:
            first, begin = _midnight(cell.first, zone), _midnight(cell.last + DAY, zone)
            found.append(Window(EVIDENCE, cell, first, begin))
        until = changed or now
        if begin < until:
            found.append(Window(OLD_RULE, cell, begin, until))
        if changed is not None and changed < now:
            found.append(Window(NEW_RULE, cell, changed, now))
    return found


def periods_of(windows: Sequence[Window], counts: Mapping[int, Count]) -> list[Period]:
    """All cells together, by period; `counts` by the window's place."""
    found = []
    for name in (EVIDENCE, OLD_RULE, NEW_RULE):
        own = [(w, counts.get(i, Count())) for i, w in enumerate(windows) if w.period == name]
        if own:
            total = _sum(count for _, count in own)
            found.append(Period(name, min(w.first for w, _ in own), max(w.until for w, _ in own), total))
    return found


def by_cell(windows: Sequence[Window], counts: Mapping[int, Count], period: str) -> dict[tuple[str, str], Count]:
    """The counts of one period by category and area."""
    return {(w.cell.category, w.cell.area): counts.get(i, Count()) for i, w in enumerate(windows) if w.period == period}


def _sum(counts: Iterable[Count]) -> Count:
    total = Count()
    for count in counts:
        total += count
    return total


def _midnight(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
