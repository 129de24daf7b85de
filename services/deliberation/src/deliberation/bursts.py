"""Many people who speak by one channel within a short time: the closing counts with and without them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from common.contracts.events.deliberation import Burst

MINUTE = timedelta(minutes=1)
LEAST_VOICES = 30
"""Of different people, by one channel in one minute."""
MOST_SHOWN = 20


def bursts(minutes: Iterable[tuple[str, datetime, int]]) -> tuple[Burst, ...]:
    """Channel, beginning of a minute and people who spoke in it, as bursts; minutes that follow each other
    are one. What was said in the minute before and in the one after belongs to it: it begins and ends within a minute.

    The largest are given, in the order of time.
    """
    given = {(channel, minute): voices for channel, minute, voices in minutes}
    high = [key for key, voices in given.items() if voices >= LEAST_VOICES]
    near = {(channel, minute + by) for channel, minute in high for by in (-MINUTE, 0 * MINUTE, MINUTE)}
    found: list[Burst] = []
    for channel, minute, voices in sorted((*key, given[key]) for key in near & given.keys()):
        last = found[-1] if found else None
        if last is not None and last.source == channel and last.until == minute:
            found[-1] = last.model_copy(update={"until": minute + MINUTE, "voices": last.voices + voices})
        else:
            found.append(Burst(source=channel, since=minute, until=minute + MINUTE, voices=voices))
    largest = sorted(found, key=lambda b: (-b.voices, b.since, b.source))[:MOST_SHOWN]
    return tuple(sorted(largest, key=lambda b: (b.since, b.source)))
