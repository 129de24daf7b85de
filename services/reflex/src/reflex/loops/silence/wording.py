"""What the loop says, in words that people can act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from common.contracts.events.reflex.observations import FindingMade

from reflex.loops.silence.region import REST, Quiet

LOOP = "silence"
MAX_NAMED = 8


@dataclass(frozen=True, slots=True)
class Titles:
    """How people call what has an id."""

    region: Callable[[str], str]
    category: Callable[[str], str]
    channel: Callable[[str], str]


def alarm(region: str, day: date, quiet: Sequence[Quiet], titles: Titles, now: datetime) -> FindingMade:
    """The finding that a region was silent on a day, the first of a run."""
    categories = [q for q in quiet if q.kind == "category"]
    channels = [q for q in quiet if q.kind == "channel"]
    words = f"{titles.region(region)} heard far less than usual on {day.isoformat()}. "
    if categories:
        words += f"By category: {_list(categories, titles.category)}. "
    if channels:
        words += f"By channel: {_list(channels, titles.channel)}. Check whether it still takes messages."
    else:
        words += "No one channel stands out: check what all of them share; else a storm or a feast keeps people quiet."
    numbers = {
        "region": region,
        "day": day.isoformat(),
        "categories": [_numbers(q) for q in categories],
        "channels": [_numbers(q) for q in channels],
    }
    return FindingMade(
        loop=LOOP, key=f"silence|{region}", kind="alarm", words=words, numbers=numbers, found_at=now
    )  # fmt: skip


def _list(quiet: Sequence[Quiet], title: Callable[[str], str]) -> str:
    shown = quiet[:MAX_NAMED]
    said = [f"{title(q.name) if q.name != REST else 'the rest'} {q.count} (usually {q.usual:.0f})" for q in shown]
    more = len(quiet) - len(shown)
    return ", ".join([*said, f"{more} more"] if more else said)


def _numbers(quiet: Quiet) -> dict[str, str | int | float]:
    found = asdict(quiet)
    return {"name": found["name"], "count": found["count"], "usual": round(found["usual"], 1), "p": found["p"]}
