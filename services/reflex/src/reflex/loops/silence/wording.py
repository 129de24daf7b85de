"""What the loop says, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.contracts.events.reflex.observations import FindingMade

from reflex.loops.silence.quarters import Quarter, begins
from reflex.loops.silence.region import ALL, Quiet

LOOP = "silence"


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    channel: Callable[[str], str]


def alarm(region: str, until: Quarter, quiet: Sequence[Quiet], titles: Titles, now: datetime) -> FindingMade:
    """The finding that a region was silent before a quarter, the first of a run; `quiet` begins with what is most
    surprising."""
    day, local = quiet[0].day, begins(until)
    channels = _worst(one for one in quiet if one.name != ALL)
    together = next((one for one in quiet if one.name == ALL), None)
    words = f"{titles.region(region)} heard far less than usual on {day.isoformat()} (until {local:%Y-%m-%d %H:%M}). "
    if together is not None:
        words += f"All channels: {_said(together)}. "
    if channels:
        listed = ", ".join(f"{titles.channel(one.name)} {_said(one)}" for one in channels)
        words += f"By channel: {listed}. Check whether it still takes messages."
    else:
        words += "No one channel stands out: check what all of them share; else a storm or a feast keeps people quiet."
    numbers = {
        "region": region,
        "day": day.isoformat(),
        "until": local.isoformat(),
        "together": None if together is None else _numbers(together),
        "channels": [_numbers(one) for one in channels],
    }
    return FindingMade(
        loop=LOOP, key=f"silence|{region}", kind="alarm", words=words, numbers=numbers, found_at=now
    )  # fmt: skip


def _worst(quiet: Iterable[Quiet]) -> list[Quiet]:
    """Of each channel the window that is most surprising."""
    found: dict[str, Quiet] = {}
    for one in quiet:
        found.setdefault(one.name, one)
    return list(found.values())


def _said(quiet: Quiet) -> str:
    return f"{quiet.count} in {quiet.hours} hours (usually {quiet.usual:.0f})"


def _numbers(quiet: Quiet) -> dict[str, str | int | float]:
    return {
        "name": quiet.name, "hours": quiet.hours, "count": quiet.count, "usual": round(quiet.usual, 1), "p": quiet.p,
    }  # fmt: skip
