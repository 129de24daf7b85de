"""Another half-year of the same city: some days of each cell are left out, or some cases."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from laboratory.logged_case import LoggedCase

DROPPED_DAYS = 0.15
KEPT = 0.9
"""Share of the cases that are drawn."""


def thinned(cases: Sequence[LoggedCase], seed: int) -> list[LoggedCase]:
    """Seed 0 leaves the log as it is; the same for the same seed."""
    if seed == 0:
        return list(cases)
    random = Random(f"thinned:{seed}")
    dropped: dict[tuple[object, ...], bool] = {}
    kept = []
    for case in cases:
        day = (case.type, case.where.area, case.opened_at.date())
        if day not in dropped:
            dropped[day] = random.random() < DROPPED_DAYS
        if not dropped[day]:
            kept.append(case)
    return kept


def drawn(cases: Sequence[LoggedCase], random: Random) -> list[LoggedCase]:
    """Some of the cases, each with the same chance; takes one number of `random` a case."""
    return [case for case in cases if random.random() < KEPT]
