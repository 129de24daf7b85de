"""Whether a row's limit is kept but for some time: then the work was or is late, and no longer limit follows from it.

What is remembered reaches a year back, so that a limit that is missed in the same weeks of each year is not lengthened
for them either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import combinations

from reflex.sortable_times import text_of

PERIOD = timedelta(days=14)
MOST_PERIODS = 26
FEWEST = 10
"""Deadlines in a time and in all others, for them to be compared."""
BEYOND = 2.0
"""Standard deviations by which two shares differ that are not alike."""


@dataclass(slots=True)
class KeptDeadlines:
    """The deadlines of the limit in force."""

    periods: list[tuple[str, int, int]] = field(default_factory=list)
    """Of the cases received in two weeks: the first one's receipt, how many deadlines came, how many were kept."""

    def count(self, received: str, *, missed: bool) -> None:
        """One case at its deadline."""
        if not self.periods or received >= _end(self.periods[-1][0]):
            self.periods.append((received, 0, 0))
            del self.periods[:-MOST_PERIODS]
        begins, deadlines, kept = self.periods[-1]
        self.periods[-1] = (begins, deadlines + 1, kept + (not missed))

    def but_for_some_time(self, wanted: float) -> bool:
        """Whether at least the share `wanted` keeps the limit but for some time, of late or before, when fewer do."""
        ends = range(len(self.periods) + 1)
        deadlines = [sum(d for _, d, _ in self.periods[:end]) for end in ends]
        kept = [sum(k for _, _, k in self.periods[:end]) for end in ends]
        for begin, end in combinations(ends, 2):
            then = deadlines[end] - deadlines[begin], kept[end] - kept[begin]
            otherwise = deadlines[-1] - then[0], kept[-1] - then[1]
            if (
                min(then[0], otherwise[0]) >= FEWEST
                and otherwise[1] >= wanted * otherwise[0]
                and _fewer(then, otherwise)
            ):
                return True
        return False


@lru_cache(maxsize=1024)
def _end(begins: str) -> str:
    return text_of(datetime.fromisoformat(begins) + PERIOD)


def _fewer(then: tuple[int, int], otherwise: tuple[int, int]) -> bool:
    """Of deadlines, and those that were kept: whether the share is smaller then than otherwise."""
    (cases, kept), (others, others_kept) = then, otherwise
    share = (kept + others_kept) / (cases + others)
    spread = math.sqrt(share * (1 - share) * (1 / cases + 1 / others))
    return others_kept / others - kept / cases > BEYOND * spread
