"""Entries of one or two days in a batch, all of which belong to another authority: an inspector's round, a pile that is
entered at once. Nothing changes by them, and no rule should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from laboratory.logged_case import Cell, LoggedCase
from laboratory.misrouting.faults.fault import Ground
from laboratory.misrouting.run import Run

BATCHES = 24
FEWEST_CASES = 12
"""Of a cell that gets a batch."""
CASES = (10, 20)
"""Entered on a day."""
MINUTES = 15
"""Between two entries."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Cases of one cell beside those of the log."""

    cell: Cell
    authority: str
    """Whose they really are."""
    cases: tuple[LoggedCase, ...]


def batches(ground: Ground, random: Random) -> list[Batch]:
    """24 cells, or as many as there are; half of the batches lie on one day, half on two."""
    fit = [cell for cell in ground.owned(FEWEST_CASES) if ground.others(cell)]
    like = {case.cell: case for case in ground.cases}
    found = []
    for number, cell in enumerate(random.sample(fit, min(BATCHES, len(fit)))):
        authority, begins = random.choice(ground.others(cell)), ground.early(random, 0.1, 0.9)
        times = [
            begins + timedelta(days=day, minutes=MINUTES * entry)
            for day in range(1 + number % 2)
            for entry in range(random.randint(*CASES))
        ]
        found.append(Batch(cell, authority, tuple(_entries(like[cell], authority, number, times))))
    return found


def _entries(like: LoggedCase, authority: str, number: int, times: Sequence[datetime]) -> list[LoggedCase]:
    return [
        replace(like, case_id=f"batch-{number}-{entry}", opened_at=at, really=authority, joins=None, closed_at=None)
        for entry, at in enumerate(times)
    ]


def with_batches(cases: Sequence[LoggedCase], found: Sequence[Batch]) -> list[LoggedCase]:
    """Both, in order of opening."""
    return sorted([*cases, *(c for batch in found for c in batch.cases)], key=lambda c: (c.opened_at, c.case_id))


def taken_for_a_change(run: Run, found: Sequence[Batch]) -> int:
    """Batches of whose cell a proposal names their authority, after they began."""
    return sum(
        any(made.at >= batch.cases[0].opened_at and made.names(batch.cell, batch.authority) for made in run.proposals)
        for batch in found
    )
