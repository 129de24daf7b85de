"""Warns early: far more reports of one category than usual in one place and time, as they come.

A scan of space and time at each report finds what has a centre; at night whole areas are looked at for what has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.warnings import WarningEnded, WarningEvent, WarningGrown, WarningRaised

from reflex.facts import CaseOpened, Fact
from reflex.ground import degrees, flat
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.emergence import wording
from reflex.loops.emergence.areas import Areas
from reflex.loops.emergence.recent import Report
from reflex.loops.emergence.region import Region
from reflex.loops.emergence.scan import RADII_M, WHOLE, Cluster, Stream
from reflex.loops.emergence.settings import Settings
from reflex.loops.emergence.threshold import Alarms, Peak, Threshold
from reflex.loops.emergence.warning import MOST_CASES, Warned
from reflex.loops.emergence.wording import Titles

DAY_S = 86400
EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
SCAN = "weighed_scan"
UNWEIGHED = ("threshold|scan", "week|scan|")
"""Rows of a threshold that belongs to another statistic: they go."""
MOST_STANDING = 3
"""Warnings of one category in one region at a time: more say no more than that it is everywhere."""


class EmergenceLoop:
    """Times inside are days since 1970."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({CaseOpened})
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self,
        settings: Callable[[datetime], Settings],
        offset_of: Callable[[str, datetime], timedelta],
        watches: Callable[[str, str], bool],
        titles: Titles,
    ) -> None:
        """`offset_of` is how far a region's clocks are ahead of UTC, `watches` whether reports of a category on a
        channel say when something happens."""
        self._settings = settings
        self._offset_of = offset_of
        self._watches = watches
        self._titles = titles
        self._begin()

    def _begin(self) -> None:
        self._regions: dict[str, Region] = {}
        self._streams: dict[str, Stream] = {}
        self._warned: dict[str, Warned] = {}
        self._areas = Areas()
        self._threshold = Threshold(SCAN)
        self._alarms = Alarms(0.0, Settings())
        self._tidied: int | None = None
        self._in_force: Settings | None = None
        self._said: list[LoopOutput] = []
        self._ahead: dict[tuple[str, int], float] = {}
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._begin()
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind == "region":
                self._regions[name] = Region.of(body)
            elif kind == "recent":
                self._streams[name] = Stream.of(body, state.get(f"usual|{name}"))
            elif kind == "warning":
                self._warned[name] = Warned.of(body)
        self._areas.load(state)
        self._threshold.load(state)
        found = state.get("alarms", {"last": {}, "tidied": None})
        self._alarms.last = {series: [Peak(*one) for one in peaks] for series, peaks in found["last"].items()}
        self._tidied = found["tidied"]
        self._changed |= {key for key in state if key.startswith(UNWEIGHED)}

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        keys |= self._threshold.changed
        self._threshold.changed = set()
        found = {key: self._body(key) for key in sorted(keys)}
        return found | {key: self._areas.body(key) for key in sorted(self._areas.changed())}

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if key.startswith(UNWEIGHED):
            return None
        if kind == "alarms":
            last = {series: [list(one) for one in peaks] for series, peaks in self._alarms.last.items()}
            return {"last": last, "tidied": self._tidied}
        if kind == "region":
            return self._regions[name].body()
        if kind == "warning":
            warned = self._warned.get(name)
            return None if warned is None else warned.body()
        if kind in ("recent", "usual"):
            stream = self._streams.get(name)
            if stream is None:
                return None
            return stream.recent_body() if kind == "recent" else stream.usual_body()
        return self._threshold.body(key)

    def observe(self, fact: Fact) -> None:
        if not isinstance(fact, CaseOpened) or fact.by_hand or fact.handed_over_from is not None:
            return
        if not self._watches(fact.category, fact.channel):
            return
        t, ahead = fact.at.timestamp() / DAY_S, self._clocks(fact.region, fact.at)
        self._areas.count(fact.region, fact.area, fact.category, fact.authority, int(t + ahead) + EPOCH_DAY)
        if fact.point is not None:
            at = flat(*fact.point)
            self._report(fact, Report(t, at.x, at.y, fact.case_id, fact.channel), ahead)

    def _report(self, fact: CaseOpened, report: Report, ahead: float) -> None:
        settings = self._settings_since_tick(fact.at)
        region = self._regions.get(fact.region)
        if region is None:
            region = self._regions[fact.region] = Region(report.t)
        region.add(report, ahead)
        name = f"{fact.region}|{fact.category}"
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Stream(report.t)
        aged = stream.add(report, settings.tau_days)
        self._changed |= {f"region|{fact.region}", f"recent|{name}"}
        if aged:
            self._changed.add(f"usual|{name}")
        region.level.add(report.t, stream.recent.reports[-1].weight, settings.tau_days)
        cluster = stream.scan(region.around(ahead), settings)
        held = self._hold(fact, report)
        if report.t - region.began < settings.warmup_days:
            return
        self._threshold.count(report.t)
        peak = Peak(report.t, name, report.x, report.y, cluster.llr)
        self._threshold.note(peak, settings.first_threshold)
        if self._alarms.take(peak):
            self._changed.add("alarms")
            if not held:
                self._warn(fact, report, cluster, stream, settings)

    def _hold(self, fact: CaseOpened, report: Report) -> bool:
        """Whether the report belongs to a warning that stands already."""
        held = False
        for warned in self._warned.values():
            if (warned.region, warned.category) == (fact.region, fact.category) and warned.holds(report.x, report.y):
                warned.add(report)
                self._changed.add(f"warning|{warned.id}")
                held = True
        return held

    def _warn(
        self, fact: CaseOpened, report: Report, cluster: Cluster, stream: Stream, settings: Settings
    ) -> None:  # fmt: skip
        near = [w for w in self._warned.values() if (w.region, w.category) == (fact.region, fact.category)]
        if len(near) >= MOST_STANDING or any(one.holds(report.x, report.y, settings.rearm_m) for one in near):
            return
        recent, since = stream.recent, report.t - cluster.days
        whole = cluster.ring == WHOLE
        reports = recent.since(since) if whole else recent.near(report.x, report.y, RADII_M[cluster.ring], since)
        warned = Warned(
            derived_id("warning", fact.region, fact.category, fact.case_id), fact.region, fact.category,
            fact.authority, fmean(one.x for one in reports), fmean(one.y for one in reports), cluster.ring, report.t,
            fact.at - timedelta(days=report.t - reports[0].t), cluster.per_day, len(reports), len(reports),
        )  # fmt: skip
        self._warned[warned.id] = warned
        self._changed.add(f"warning|{warned.id}")
        lat, lon = degrees(warned.x, warned.y)
        radius_m = warned.radius_m or math.sqrt(self._regions[fact.region].around(0.0).area_m2 / math.pi)
        cases = [one.case_id for one in reports]
        self._said.append(
            WarningRaised(
                **_about(warned), area=fact.area, lat=round(lat, 6), lon=round(lon, 6), radius_m=round(radius_m, 1),
                whole_region=warned.is_whole,
                reports=len(reports), expected=round(cluster.expected, 2), since=warned.since,
                window_hours=cluster.days * 24, likelihood=round(cluster.llr, 2),
                threshold=round(self._alarms.threshold, 2), cases=tuple(cases[:MOST_CASES]), parent_case=cases[0],
                raised_at=fact.at,
            )
        )  # fmt: skip

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        settings = self._settings(now)
        said, self._said, self._in_force = self._said, [], None
        for _, warned in sorted(self._warned.items()):
            said += self._follow(warned, settings, now)
        for region in sorted(self._regions):
            today = int(now.timestamp() / DAY_S + self._clocks(region, now)) + EPOCH_DAY
            said += self._look_at_areas(region, today, settings, now)
        self._tidy(settings, now)
        return said

    def _follow(self, warned: Warned, settings: Settings, now: datetime) -> list[WarningEvent]:
        """What is to be said about a warning that stands: that it grew, or is over."""
        t, quiet = now.timestamp() / DAY_S, settings.quiet_hours / 24
        stream = self._streams[f"{warned.region}|{warned.category}"]
        lately = len(warned.reports_since(t - quiet, stream))
        around = self._regions[warned.region].around(self._clocks(warned.region, now))
        even = around.even_days(t - quiet, t)
        if t - warned.t >= quiet and warned.is_over(lately, even, settings.dispersion):
            del self._warned[warned.id]
            self._changed.add(f"warning|{warned.id}")
            return [WarningEnded(**_about(warned), reports=warned.reports, since=warned.since, ended_at=now)]
        if warned.has_grown:
            self._changed.add(f"warning|{warned.id}")
            cases = tuple(warned.told_now())
            return [WarningGrown(**_about(warned), reports=warned.reports, cases=cases, grown_at=now)]
        return []

    def _look_at_areas(self, region: str, today: int, settings: Settings, now: datetime) -> list[FindingMade]:
        """Findings of areas that no warning of the category stands for."""
        said = self._areas.judge(region, today, settings)
        warned = {(one.region, one.category) for one in self._warned.values()}
        return [wording.alarm(s, self._titles, now) for s in said if (s.region, s.category) not in warned]

    def _tidy(self, settings: Settings, now: datetime) -> None:
        """Once a day what is old goes, once a week the threshold is found anew."""
        t = now.timestamp() / DAY_S
        if int(t) == self._tidied:
            return
        self._tidied = int(t)
        self._threshold.turn(t, settings, 1 - settings.diffuse_share, settings.first_threshold)
        self._alarms.forget(t, settings.rearm_days)
        self._areas.forget(int(t) + EPOCH_DAY, settings)
        self._ahead = {}
        self._changed.add("alarms")
        standing = {f"{one.region}|{one.category}" for one in self._warned.values()}
        for name, stream in list(self._streams.items()):
            if stream.age(t, settings.tau_days):
                self._changed |= {f"recent|{name}", f"usual|{name}"}
            if stream.forget(t, settings.tau_days) and name not in standing:
                del self._streams[name]
                self._changed |= {f"recent|{name}", f"usual|{name}"}

    def _settings_since_tick(self, at: datetime) -> Settings:
        """One look at the rulebook for all facts of a tick."""
        if self._in_force is None:
            settings = self._in_force = self._settings(at)
            threshold = self._threshold.of(settings.first_threshold)
            self._alarms = Alarms(threshold, settings, self._alarms.last)
        return self._in_force

    def _clocks(self, region: str, at: datetime) -> float:
        """By how many days a region's clocks are ahead of UTC; looked at once an hour."""
        key = (region, int(at.timestamp() // 3600))
        found = self._ahead.get(key)
        if found is None:
            found = self._ahead[key] = self._offset_of(region, at).total_seconds() / DAY_S
        return found


def _about(warned: Warned) -> dict[str, str]:
    return {
        "warning_id": warned.id, "region": warned.region, "authority": warned.authority, "category": warned.category,
    }  # fmt: skip
