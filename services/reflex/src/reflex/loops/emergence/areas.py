"""The nightly look at whole areas: which series stood out on a day that is over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from reflex.loops.emergence.diffuse import Series
from reflex.loops.emergence.level import times_as_many
from reflex.loops.emergence.settings import Settings
from reflex.loops.emergence.threshold import Peak, Threshold
from reflex.loops.emergence.wording import Diffuse, Method

EVERY: tuple[Method, ...] = ("day", "sum")
FIRST: Mapping[Method, float] = {"day": 24.0, "sum": 20.0}
"""Thresholds until the loop has found its own."""
WEEK = 7
LEARNING_DAYS = 28


class Areas:
    """All series of a category in an area, and the thresholds of both statistics."""

    def __init__(self) -> None:
        self.series: dict[str, dict[str, Series]] = {}
        """By region and key."""
        self.thresholds = {method: Threshold(method) for method in EVERY}
        self.last: dict[str, int] = {}
        """Day on which a series last stood out."""
        self.open: dict[str, int] = {}
        """By region the first day that is not looked at yet."""
        self.began: dict[str, int] = {}
        """By region its first day."""
        self._changed: set[str] = set()

    def count(self, region: str, area: str, category: str, authority: str, day: int) -> None:
        self.began.setdefault(region, day)
        if day < self.open.setdefault(region, day):
            return
        here = self.series.setdefault(region, {})
        found = here.get(f"series|{region}|{area}|{category}")
        if found is None:
            found = Series(region, category, area, authority, self.began[region])
            here[found.key] = found
        found.count(day)
        found.authority = authority
        self._changed |= {found.key, "areas"}

    def judge(self, region: str, today: int, settings: Settings) -> list[Diffuse]:
        """What stood out on the region's days that are over and were not looked at."""
        said: list[Diffuse] = []
        while region in self.open and self.open[region] < today:
            said += self._judge_day(region, self.open[region], settings)
            self.open[region] += 1
            self._changed.add("areas")
        return said

    def _judge_day(self, region: str, day: int, settings: Settings) -> list[Diffuse]:
        said: list[Diffuse] = []
        share = settings.diffuse_share / len(EVERY)
        for method, threshold in self.thresholds.items():
            threshold.turn(float(day), settings, share, FIRST[method])
        learnt = share > 0 and day - self.began[region] >= LEARNING_DAYS
        here = self.series.get(region, {})
        came = sum(series.counts.get(day, 0) for series in here.values())
        usual = {key: series.usual(day) for key, series in here.items()}
        all_usual = math.fsum(usual.values())
        for key, series in sorted(here.items()):
            times = max(1.0, times_as_many(came - series.counts.get(day, 0), all_usual - usual[key]))
            before, now = series.cusum, series.turn(day, usual[key], times, settings.dispersion)
            if learnt and day in series.counts:
                said += self._alarm(series, day, {"day": series.ears(day, times), "sum": now}, settings)
            if series.forget(day) or now != before:
                self._changed.add(series.key)
            if not series.counts:
                del self.series[region][series.key]
        return said

    def _alarm(self, series: Series, day: int, values: Mapping[Method, float], settings: Settings) -> Iterable[Diffuse]:
        """One at most: what both statistics see is one thing."""
        over: list[Method] = []
        armed = day - self.last.get(series.key, day - int(settings.rearm_days) - 1) >= settings.rearm_days
        for method, value in values.items():
            first, threshold = FIRST[method], self.thresholds[method]
            threshold.count(float(day), series.counts[day])
            threshold.note(Peak(float(day), series.key, 0.0, 0.0, value), first)
            if value >= threshold.of(first):
                over.append(method)
        if over:
            self.last[series.key] = day
        if not over or not armed:
            return []
        method = over[0]
        before = [count for d, count in series.counts.items() if d < day - 2]
        return [
            Diffuse(
                series.region, series.area, series.category, series.authority, date.fromordinal(day),
                series.counts[day], sum(series.counts.get(d, 0) for d in range(day - WEEK + 1, day + 1)),
                sum(before) / max(min(day - 2 - series.began, 56), 1), method, values[method],
                self.thresholds[method].of(FIRST[method]),
            )
        ]  # fmt: skip

    def forget(self, today: int, settings: Settings) -> None:
        self.last = {key: day for key, day in self.last.items() if today - day < settings.rearm_days}
        self._changed.add("areas")

    def changed(self) -> Iterable[str]:
        keys, self._changed = self._changed, set()
        for threshold in self.thresholds.values():
            keys |= threshold.changed
            threshold.changed = set()
        return keys

    def body(self, key: str) -> dict[str, Any] | None:
        if key == "areas":
            return {"open": self.open, "began": self.began, "last": self.last}
        if key.startswith("series|"):
            found = self.series.get(key.split("|")[1], {}).get(key)
            return None if found is None else found.body()
        return self.thresholds[key.split("|")[1]].body(key)  # type: ignore[index]

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Into one that is new."""
        for key, body in state.items():
            if key.startswith("series|"):
                series = Series.of(body)
                self.series.setdefault(series.region, {})[key] = series
        for threshold in self.thresholds.values():
            threshold.load(state)
        areas = state.get("areas", {"open": {}, "began": {}, "last": {}})
        self.open, self.began = dict(areas["open"]), dict(areas["began"])
        self.last = dict(areas["last"])
