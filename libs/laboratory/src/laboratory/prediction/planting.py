"""What is planted for the prediction loop: other arrivals, or desks that take longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from world.log import LogRow

from laboratory.logged_case import LoggedCase
from laboratory.study import Scenario

KEPT = 0.9
"""Share of the log's cases in a run: seeds draw which."""
SEASON = 1.0
"""So much more comes at the height of a season than before it, in parts of what came."""
SEASON_DAYS = 42
"""A season rises over so many days, from the middle of the log on, and falls over as many."""
STORM = 5
"""Times the cases of an ordinary day come on a day of storm."""
SLOWER = 3
"""Times as long a slow desk takes."""
SLOW_DESKS = 4
"""So many of the busiest desks become slow in a run."""


def shuffled(rows: Sequence[LogRow], seed: int) -> Sequence[LogRow]:
    """Weeks of the later part are dealt out anew: each case comes in another of them, on the same day of the week. The
    part that rules are learnt from stays as it is."""
    random, ordered = Random(f"weeks:{seed}"), sorted(rows, key=lambda row: (row.opened, row.case_id))
    first = ordered[len(ordered) * 2 // 5].opened
    weeks = max(1, (ordered[-1].opened - first).days // 7)
    moved = []
    for row in ordered:
        week = (row.opened - first).days // 7
        by = timedelta(days=7 * (random.randrange(weeks) - week)) if 0 <= week < weeks else timedelta()
        due, closed = (None if t is None else t + by for t in (row.due, row.closed))
        moved.append(replace(row, opened=row.opened + by, due=due, closed=closed))
    return sorted(moved, key=lambda row: (row.opened, row.case_id))


NO_FAULT = Scenario("no_fault", "the log as it is", plants=False)
SHUFFLED = Scenario(
    "shuffled", "weeks of the later part dealt out anew: no season, no trend", plants=False, shuffling=shuffled
)
SEASONAL = Scenario("season", "twice as many cases within six weeks, then back", plants=False)
STORMY = Scenario("storm", "five times the cases on one day, three times in the run", plants=False)
SLOW = Scenario("slow_desks", "four busy desks take three times as long from a day on")


def with_season(cases: Sequence[LoggedCase], random: Random) -> list[LoggedCase]:
    """Cases that come a second time, under another id and some hours later, the more the nearer to the height."""
    height = cases[0].opened_at + (cases[-1].opened_at - cases[0].opened_at) / 2 + timedelta(days=SEASON_DAYS)
    found = []
    for case in cases:
        away = abs((case.opened_at - height) / timedelta(days=1))
        found.append(case)
        if random.random() < SEASON * max(0.0, 1 - away / SEASON_DAYS):
            found.append(_again(case, random))
    return _in_order(found, cases[-1].opened_at)


def with_storms(cases: Sequence[LoggedCase], random: Random) -> list[LoggedCase]:
    """Three days on which most cases come again and again."""
    days = sorted({case.opened_at.date() for case in cases})
    stormy = set(random.sample(days[len(days) // 3 :], 3))
    found = []
    for case in cases:
        times = STORM if case.opened_at.date() in stormy else 1
        found += [case, *(_again(case, random, f"~{n}") for n in range(times - 1))]
    return _in_order(found, cases[-1].opened_at)


def slow_desks(cases: Sequence[LoggedCase], random: Random) -> dict[tuple[str, str], datetime]:
    """Region and authority of desks that become slow, and since when."""
    begins, ends = cases[0].opened_at, cases[-1].opened_at
    counts = Counter((c.where.region, c.really) for c in cases if c.really is not None and c.closed_at is not None)
    busy = [desk for desk, _ in counts.most_common(4 * SLOW_DESKS)]
    since = begins + (ends - begins) * 0.45
    return {(r, a): since for r, a in random.sample(busy, min(SLOW_DESKS, len(busy))) if a is not None}


def slower(case: LoggedCase, since: datetime) -> LoggedCase:
    """Answered later, if it came or was open after that."""
    if case.closed_at is None or case.closed_at <= max(case.opened_at, since):
        return case
    from_then = max(case.opened_at, since)
    return replace(case, closed_at=from_then + SLOWER * (case.closed_at - from_then))


def _again(case: LoggedCase, random: Random, mark: str = "~") -> LoggedCase:
    later = timedelta(hours=random.random() * 3)
    closed = None if case.closed_at is None else case.closed_at + later
    return replace(
        case, case_id=f"{case.case_id}{mark}", opened_at=case.opened_at + later, closed_at=closed, joins=None
    )


def _in_order(cases: Sequence[LoggedCase], until: datetime) -> list[LoggedCase]:
    return sorted((c for c in cases if c.opened_at <= until), key=lambda case: (case.opened_at, case.case_id))
