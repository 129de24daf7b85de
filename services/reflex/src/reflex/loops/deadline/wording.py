"""What the loop says, in words that people can judge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common.contracts.events.reflex.observations import FindingMade

from reflex.loops.deadline.drift import Deadline, Place
from reflex.loops.deadline.judgement import Estimate
from reflex.loops.deadline.track import Track

LOOP = "deadline"
SHARE_DIGITS = 4


def title(track: Track, limit: int, *, flips: bool) -> str:
    """One line: what, from which limit to which."""
    back = " (back to what it was)" if flips else ""
    return f"{track.category}: {track.limit} -> {limit} working minutes{back}"[:300]


def proposal(track: Track, limit: int, found: Estimate, *, flips: bool) -> str:
    """What the cases say, and what is asked for."""
    said = [
        f"{track.category} is to be answered within {track.limit} working minutes; of the last {found.cases} cases"
        f" {found.in_time:.0%} were, and {limit} minutes are what four out of five need.",
    ]
    if limit > track.limit:
        said.append("A longer limit needs a person's judgement: it may be that the work is late.")
    if flips:
        said.append("The row gave a limit like this until lately: going back and forth needs a person's judgement.")
    return " ".join([*said, f"Set the limit to {limit} working minutes."])[:4000]


def scope(track: Track) -> dict[str, Any]:
    """The category that the change is about."""
    return {"category": track.category, "categories": [track.category]}


def evidence(
    track: Track, limit: int, found: Estimate, received: tuple[str, str], cases: Sequence[str], flip: str | None,
    flip_days: int,
) -> dict[str, Any]:  # fmt: skip
    """The numbers of a proposal; minutes are working minutes, and what is infinite is None."""
    said: dict[str, Any] = {
        **_row(track), "proposed": limit, "seen": found.cases, "answered": found.answered,
        "open": found.cases - found.answered, "in_time": round(found.in_time, SHARE_DIGITS), **_needed(found),
        "in_time_then": round(found.curve.share(limit), SHARE_DIGITS), "first": received[0], "last": received[1],
        "cases": list(cases),
    }  # fmt: skip
    if flip is not None:
        said["flip"] = {"left": flip, "days": flip_days}
    return said


def proposed(track: Track, shown: Mapping[str, Any], words: str, proposal_id: str, now: datetime) -> FindingMade:
    """The finding that a proposal was made."""
    numbers = {n: shown[n] for n in (*_row(track), "proposed", "seen", "in_time", "needed", "low", "high")}
    return FindingMade(
        loop=LOOP, key=track.key, kind="proposed", words=words, numbers=numbers, proposal_id=proposal_id, found_at=now
    )


def capacity(track: Track, found: Estimate, longest: int, authority: str, *, late: bool, now: datetime) -> FindingMade:
    """The limit is right, the work is late: `longest` is the longest limit that may be."""
    why = "answers take longer than usual" if late else f"no limit up to {longest} working minutes would be kept"
    return FindingMade(
        loop=LOOP, key=track.key, kind="capacity",
        words=f"{track.category}: of the last {found.cases} cases {found.in_time:.0%} were answered within"
        f" {track.limit} working minutes, and {why}. The limit stays: {authority} needs more capacity.",
        numbers={
            **_row(track), "seen": found.cases, "in_time": round(found.in_time, SHARE_DIGITS), **_needed(found),
            "longest": longest, "authority": authority, "late": late,
        },
        found_at=now,
    )  # fmt: skip


def drift(
    track: Track, since: Sequence[Deadline], places: Sequence[Place], slower: float | None, now: datetime
) -> FindingMade:
    """Answers take longer than usual: since when, how much, and where."""
    alarm = track.drift.alarm
    assert alarm is not None
    usual = alarm.usual
    longer, missed = sum(d.minutes > usual.mark for d in since), sum(d.missed for d in since)
    where = f", most of them at {', '.join(p.name for p in places)}" if places else ""
    times = f" Answers take {slower} times as long." if slower is not None else ""
    return FindingMade(
        loop=LOOP, key=track.key, kind="drift",
        words=f"{track.category}: of {len(since)} cases received since {alarm.began[:10]} {longer} took longer than"
        f" {usual.mark} working minutes, where {usual.longer:.0%} is usual{where}; {missed} missed the deadline, where"
        f" {usual.missed:.0%} is usual.{times}",
        numbers={
            **_row(track), "began": alarm.began, "cases": len(since), "mark": usual.mark, "longer": longer,
            "usually_longer": round(usual.longer, SHARE_DIGITS), "missed": missed,
            "usual": round(usual.missed, SHARE_DIGITS), "slower": slower, "where": [p._asdict() for p in places],
        },
        found_at=now,
    )  # fmt: skip


def drift_over(track: Track, began: str, now: datetime) -> FindingMade:
    """Answers take no longer than usual again."""
    return FindingMade(
        loop=LOOP, key=track.key, kind="drift_over",
        words=f"{track.category}: answers take no longer than usual again.",
        numbers={**_row(track), "began": began}, found_at=now,
    )  # fmt: skip


def _row(track: Track) -> dict[str, Any]:
    return {"category": track.category, "layer": track.layer, "limit": track.limit}


def _needed(found: Estimate) -> dict[str, float | None]:
    """By when the wanted share is answered, with its interval."""
    return {"needed": _finite(found.quantile), "low": _finite(found.low), "high": _finite(found.high)}


def _finite(minutes: float) -> float | None:
    return None if math.isinf(minutes) else minutes
