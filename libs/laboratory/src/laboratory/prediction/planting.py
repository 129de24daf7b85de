"""What is planted for the prediction loop: other arrivals, or desks that take longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from statistics import median

from world.log import LogRow

from laboratory.logged_case import LoggedCase
from laboratory.study import Scenario

SEASON = 1.0
"""So much more comes at the height of a season than before it, in parts of what came."""
SEASON_DAYS = 42
"""A season rises over so many days, from the middle of the log on, and falls over as many."""
STORMS = 3
"""Days of a run."""
STORM = 5
"""Times the cases of an ordinary day come on a day of storm."""
FINISHES = 0.5
"""Share of what it finished before that a slow desk still does."""
ORDINARY = 0.6
"""A day with less than this share of what is usual for its day of the week is a feast."""
SLOW_DESKS = 4
"""So many of the busiest desks become slow in a run."""


def shuffled(rows: Sequence[LogRow], seed: int) -> Sequence[LogRow]:
    """Ordinary days of the later part are dealt out anew: each of their cases comes on another one of the same day of
    the week. Feasts stay feasts, and the part that rules are learnt from stays as it is."""
    random, ordered = Random(f"weeks:{seed}"), sorted(rows, key=lambda row: (row.opened, row.case_id))
    later = ordered[len(ordered) * 2 // 5 :]
    days = _ordinary_days(later)
    moved = list(ordered[: len(ordered) - len(later)])
    for row in later:
        day = row.opened.date()
        alike = days.get(day.weekday(), [])
        by = random.choice(alike) - day if day in alike else timedelta()
        due, closed = (None if t is None else t + by for t in (row.due, row.closed))
        moved.append(replace(row, opened=row.opened + by, due=due, closed=closed))
    return sorted(moved, key=lambda row: (row.opened, row.case_id))


def _ordinary_days(rows: Sequence[LogRow]) -> dict[int, list[date]]:
    """By day of the week, those on which about as much came as on most of them; not the first and the last."""
    counts = Counter(row.opened.date() for row in rows)
    ends = {rows[0].opened.date(), rows[-1].opened.date()}
    found: dict[int, list[date]] = {}
    for weekday in range(7):
        alike = sorted(day for day in counts if day.weekday() == weekday and day not in ends)
        usual = median(counts[day] for day in alike) if alike else 0.0
        found[weekday] = [day for day in alike if ORDINARY * usual <= counts[day] <= usual / ORDINARY]
    return found


NO_FAULT = Scenario("no_fault", "the log as it is", plants=False)
SHUFFLED = Scenario(
    "shuffled", "weeks of the later part dealt out anew: no season, no trend", plants=False, shuffling=shuffled
)
SEASONAL = Scenario("season", "twice as many cases within six weeks, then back", plants=False)
STORMY = Scenario("storm", "five times the cases on one day, three times in the run", plants=False)
SLOW = Scenario("slow_desks", "four busy desks finish half as many from a day on")


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
    """Three days on which most cases come again and again, or fewer where the log has fewer to choose from."""
    days = sorted({case.opened_at.date() for case in cases})
    later = days[len(days) // 3 :]
    stormy = set(random.sample(later, min(STORMS, len(later))))
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


def slowed(cases: Sequence[LoggedCase], slow: Mapping[tuple[str, str], datetime]) -> list[LoggedCase]:
    """Cases of slow desks are closed in the order of before, but so that only a part of as many is on each day."""
    closed: dict[str, datetime] = {}
    for (region, authority), since in slow.items():
        own = [c for c in cases if (c.where.region, c.really) == (region, authority) and c.closed_at is not None]
        ends = sorted((c.closed_at, c.case_id) for c in own if c.closed_at is not None and c.closed_at > c.opened_at)
        before = [end for end, _ in ends if end <= since]
        if not before:
            continue
        pause = (since - before[0]) / len(before) / FINISHES
        free = since
        for end, case_id in ends:
            if end > since:
                free = closed[case_id] = max(end, free + pause)
    return [replace(case, closed_at=closed.get(case.case_id, case.closed_at)) for case in cases]


def _again(case: LoggedCase, random: Random, mark: str = "~") -> LoggedCase:
    later = timedelta(hours=random.random() * 3)
    closed = None if case.closed_at is None else case.closed_at + later
    return replace(
        case, case_id=f"{case.case_id}{mark}", opened_at=case.opened_at + later, closed_at=closed, joins=None
    )


def _in_order(cases: Sequence[LoggedCase], until: datetime) -> list[LoggedCase]:
    return sorted((c for c in cases if c.opened_at <= until), key=lambda case: (case.opened_at, case.case_id))
