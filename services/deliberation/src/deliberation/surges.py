"""Strangers who come on in some hours, by whatever channels, far more than around them: the closing counts with and
without what was said in those hours. Pure.

A stranger is a citizen of whom nothing else was known when they spoke: no open case, no word on another proposal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from common.contracts.events.deliberation import EVERY_CHANNEL, Burst

HOUR = timedelta(hours=1)
DAY_HOURS = 24
STRETCHES_HOURS = (1, 2, 4, 8, 24)
"""Lengths of the stretches that are looked at, the shortest first: a longer one looks at what they leave."""
LEAST_STRANGERS = 30
TIMES = 5
"""So many times as many as in the same time before it, after it, and a day before and after it."""


def surges(hours: Iterable[tuple[datetime, int]]) -> tuple[Burst, ...]:
    """Full hours, and how many strangers spoke first in each, as stretches of hours, in the order of time."""
    given = Counter(dict(hours))
    if not given:
        return ()
    first = min(given)
    counts = {round((hour - first) / HOUR): number for hour, number in given.items()}
    found: list[Burst] = []
    for length in STRETCHES_HOURS:
        while (start := _greatest(counts, length)) is not None:
            within = [n for n in range(start, start + length) if counts.get(n)]
            since, until = first + within[0] * HOUR, first + (within[-1] + 1) * HOUR
            found.append(Burst(source=EVERY_CHANNEL, since=since, until=until, voices=sum(counts[n] for n in within)))
            counts = {n: number for n, number in counts.items() if n not in within}
    return tuple(sorted(found, key=lambda b: b.since))


def _greatest(counts: Mapping[int, int], length: int) -> int | None:
    """The hour at which the greatest surge of a length begins, the first of equal ones; None where there is none."""
    if sum(counts.values()) < LEAST_STRANGERS:
        return None

    def within(start: int) -> int:
        return sum(counts.get(n, 0) for n in range(start, start + length))

    best, most = None, LEAST_STRANGERS - 1
    for start in sorted({hour - behind for hour in counts for behind in range(length)}):
        number = within(start)
        if number <= most:
            continue
        around = {start + by for by in (-length, length, -DAY_HOURS, DAY_HOURS)}
        if number >= TIMES * max(within(one) for one in around):
            best, most = start, number
    return best
