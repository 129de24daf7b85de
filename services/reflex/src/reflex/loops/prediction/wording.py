"""What the loop says, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from common.contracts.events.reflex.observations import SHORTFALL, FindingMade

from reflex.loops.prediction.desk import Desk, Need

LOOP = "prediction"


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    authority: Callable[[str], str]


def short(desk: Desk, need: Need, titles: Titles, now: datetime) -> FindingMade:
    """The finding that an authority will not keep its deadlines with what it gets done now."""
    words = (
        f"{titles.authority(desk.authority)} in {titles.region(desk.region)} will miss deadlines: {need.work:.0f} cases"
        f" are due by {need.by.isoformat()}, {need.open} of them open now; at {need.rate:.1f} a working day about"
        f" {need.short:.0f} will not be finished. It takes {need.needed_rate:.1f} a working day to keep them."
    )
    numbers = {
        "region": desk.region, "authority": desk.authority, "by": need.by.isoformat(), "work": round(need.work, 1),
        "open": need.open, "rate": round(need.rate, 2), "needed_rate": round(need.needed_rate, 2),
        "short": round(need.short, 1),
    }  # fmt: skip
    return FindingMade(
        loop=LOOP, key=f"{SHORTFALL}|{desk.region}|{desk.authority}", kind=SHORTFALL, words=words, numbers=numbers,
        found_at=now,
    )  # fmt: skip
