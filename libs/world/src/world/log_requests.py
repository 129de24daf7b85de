"""One request of a city's log, as the world replays it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeAlias

from world.ground_truth import Truth
from world.log import LogRow


@dataclass(frozen=True, slots=True)
class LogRequest:
    """What the log says about one request. Times are UTC."""

    case_id: str
    """The city's own number, not Otklik's."""
    opened_at: datetime
    closed_at: datetime | None
    """None for requests that were never closed; may lie before `opened_at`, as in any live feed."""
    type: str
    """The city's words for what is wrong: the category that a channel sends."""
    channel: str
    """A channel's id in the federation."""
    lat: float | None = None
    lon: float | None = None
    duplicate_of: str | None = None
    true_authority: str | None = None
    """Who really did the work, if the log tells."""
    true_area: str | None = None
    """Where it really was, if the log tells."""


def rows_of(log: Iterable[LogRow], truth: Truth) -> list[LogRequest]:
    """A log in the words of its federation, in the order of opening."""
    return [
        LogRequest(
            case_id=r.case_id,
            opened_at=r.opened,
            closed_at=r.closed,
            type=r.given,
            channel=truth.channel(r),
            lat=r.lat,
            lon=r.lon,
            duplicate_of=r.duplicate_of or None,
            true_authority=truth.authority(r),
            true_area=truth.area(r),
        )
        for r in log
    ]


Chance: TypeAlias = Callable[..., Random]


def chance(seed: int) -> Chance:
    """A source of repeatable chance: `draw(case_id, what)` is the same generator for the same seed and names."""

    def draw(*names: object) -> Random:
        return Random(":".join(map(str, (seed, *names))))

    return draw
