"""Watches rows for answers that take longer than usual: case by case at their deadlines, and once a day those whose
deadline is still to come.

A case that is open at an age by which most were answered speaks for a slow-down before its deadline. It may yet be
answered with all others of a pile, so that what such cases say must stand for some days.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from reflex.loop import LoopOutput
from reflex.loops.deadline import wording
from reflex.loops.deadline.case_life import Clock, clocks_of
from reflex.loops.deadline.drift import Deadline, concentrated, weight
from reflex.loops.deadline.judgement import times_slower
from reflex.loops.deadline.settings import Settings
from reflex.loops.deadline.track import Track
from reflex.loops.deadline.watched import WatchedCase, WatchedCases
from reflex.sortable_times import text_of

BETWEEN_LOOKS = timedelta(days=1)
LEARNT_FROM = timedelta(days=28)
"""From a row's first case: its first days may be those of a storm or a holiday, and are not taken for usual."""
LOOKS = 3
"""In a row that find a row's open cases slow, for an alarm."""
TEXTS_KEPT = 8
"""Many deadlines come in one tick."""
MOST_COMING = 200
"""The last cases received, of those whose deadline is still to come, that are looked at."""


class DriftWatch:
    """What it learns of a row is kept in the row's track."""

    def __init__(self, cases: WatchedCases, clock: Clock) -> None:
        self._cases = cases
        self._clock = clock
        self._text = lru_cache(maxsize=TEXTS_KEPT)(text_of)

    def count(self, case: WatchedCase, track: Track, settings: Settings, now: datetime) -> list[LoopOutput]:
        """One case at its deadline."""
        drift, moment = track.drift, self._text(now)
        track.kept.count(case.received, missed=case.missed)
        value = drift.count(_deadline(case, case.limit + 1 if case.spent is None else case.spent), case.of_day)
        if drift.alarm is not None:
            if not drift.is_over:
                return []
            began = drift.alarm.began
            drift.end_alarm(moment)
            return [wording.drift_over(track, began, now)]
        if value >= settings.drift_threshold:
            return [self._alarm(track, now)]
        if len(drift.times) >= settings.drift_cases and moment >= drift.refit_at and _known_for_long(track, now):
            drift.learn(track.limit)
            drift.refit_at = text_of(now + timedelta(days=settings.refit_days))
        return []

    def look(self, track: Track, settings: Settings, now: datetime) -> list[LoopOutput]:
        """The cases of a row whose deadline is still to come, as if it came now."""
        drift = track.drift
        drift.look_at = text_of(now + BETWEEN_LOOKS)
        usual = drift.usual
        assert usual is not None, "a row that is not watched is not looked at"
        coming = self._coming(track)
        clocks = clocks_of(coming, self._clock, now)
        value = drift.detector.foreseen(
            (
                usual.open_ratios(c.age(clocks[c.region])) if c.spent is None else usual.ratios(c.spent),
                weight(c.of_day),
            )
            for c in coming
        )
        drift.looks = drift.looks + 1 if value >= settings.drift_threshold else 0
        return [self._alarm(track, now)] if drift.looks >= LOOKS else []

    def _coming(self, track: Track) -> list[WatchedCase]:
        """In order of receipt, without those of an alarm that is over."""
        since = max(track.since, track.drift.after)
        coming = self._cases.coming(track.key, MOST_COMING)
        return [c for c in coming if c.received >= since and c.stood is None]

    def _alarm(self, track: Track, now: datetime) -> LoopOutput:
        drift, cases = track.drift, self._cases.of(track.key)
        clocks = clocks_of(cases, self._clock, now)
        coming = [
            _deadline(c, c.age(clocks[c.region]) if c.spent is None else c.spent, is_open=c.spent is None)
            for c in self._coming(track)
        ]
        alarm = drift.raise_alarm(text_of(now), coming)
        # Of an open case it is known whether it takes longer than the mark once it is older.
        known = (d for d in coming if d.received >= alarm.began and not (d.open and d.minutes <= alarm.usual.mark))
        since = [*drift.since(alarm.began), *known]
        slower = times_slower(cases, alarm.began, clocks)
        return wording.drift(track, since, concentrated(since, alarm.usual), slower, now)


def _known_for_long(track: Track, now: datetime) -> bool:
    return not track.begun or text_of(now - LEARNT_FROM) >= track.begun


def _deadline(case: WatchedCase, minutes: int, *, is_open: bool = False) -> Deadline:
    return Deadline(minutes, case.limit, case.received, case.authority, case.area, is_open)
