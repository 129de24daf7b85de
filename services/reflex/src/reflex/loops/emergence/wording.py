"""What the loop says of a whole area, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from common.contracts.events.reflex.observations import FindingMade

LOOP = "emergence"
Method = Literal["day", "sum"]
"""One day that stands out, or days that add up."""


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    category: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Diffuse:
    """More reports than usual in an area, with no centre that the scan found."""

    region: str
    area: str
    category: str
    authority: str
    day: date
    count: int
    """Of the day."""
    week: int
    """Of the seven days up to it."""
    usual: float
    """A day, on average of the weeks before."""
    method: Method
    statistic: float
    threshold: float


def alarm(seen: Diffuse, titles: Titles, now: datetime) -> FindingMade:
    """The finding of a night."""
    what, where = titles.category(seen.category), f"area {seen.area} of {titles.region(seen.region)}"
    words = (
        f"{what} in {where}: {seen.count} reports on {seen.day.isoformat()} and {seen.week} in seven days, where"
        f" {seen.usual:.1f} a day are usual. They have no one centre: look whether they have one cause."
    )
    numbers = {
        "region": seen.region, "area": seen.area, "category": seen.category, "authority": seen.authority,
        "day": seen.day.isoformat(), "count": seen.count, "week": seen.week, "usual": round(seen.usual, 2),
        "method": seen.method, "statistic": round(seen.statistic, 2), "threshold": round(seen.threshold, 2),
    }  # fmt: skip
    key = f"emergence|{seen.region}|{seen.area}|{seen.category}"
    return FindingMade(loop=LOOP, key=key, kind="alarm", words=words, numbers=numbers, found_at=now)
