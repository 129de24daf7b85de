"""Reports that a channel of a region, or a region as a whole, brings far fewer cases than like days do.

What people placed by hand or another region handed over counts not at all: it comes when desks work, not when citizens
write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from common.contracts.events.reflex.observations import FindingMade

from reflex.facts import CaseOpened, Fact
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.silence import wording
from reflex.loops.silence.quarters import A_DAY, Quarter, day_of, quarter_of
from reflex.loops.silence.region import Region, counts_of
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.wording import Titles

LEAP = timedelta(days=1)
"""A tick longer than this in which no case came says nothing about the days it passes over: the clock may be wrong."""
CLOCK = "clock"


class SilenceLoop:
    """Lower tail of a negative binomial by channel and region, judged at the first tick after a quarter of a day."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset({CaseOpened})
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self,
        settings: Callable[[datetime], Settings],
        local: Callable[[str, datetime], datetime],
        works: Callable[[str, date], bool],
        titles: Titles,
        regions: int,
    ) -> None:
        """`local` is a moment by a region's clocks, `works` whether a day is a working day there; `regions` share the
        chance of error."""
        self._settings = settings
        self._local = local
        self._works = works
        self._titles = titles
        self._count = max(regions, 1)
        self._regions: dict[str, Region] = {}
        self._last: datetime | None = None
        self._heard = False
        self._changed: set[str] = set()

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        clock = state.get(CLOCK)
        self._last = None if clock is None else datetime.fromisoformat(clock["last"])
        self._heard, self._changed = False, set()
        regions = [Region.of(body) for key, body in state.items() if key.startswith("region|")]
        self._regions = {region.id: region for region in regions}
        for key, body in state.items():
            if key.startswith("day|"):
                _, region, day = key.split("|")
                self._regions[region].days[date.fromisoformat(day)] = counts_of(body)

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = self._changed, set()
        return {key: self._body(key) for key in sorted(keys)}

    def _body(self, key: str) -> dict[str, Any] | None:
        if key == CLOCK:
            return None if self._last is None else {"last": self._last.isoformat()}
        kind, name, *day = key.split("|")
        region = self._regions[name]
        if kind == "region":
            return region.body()
        channels = region.days.get(date.fromisoformat(day[0]))
        return None if channels is None else {"channels": channels}

    def observe(self, fact: Fact) -> None:
        self._heard = True
        if not isinstance(fact, CaseOpened) or fact.by_hand or fact.handed_over_from is not None:
            return
        quarter = self._quarter_of(fact.region, min(fact.received_at, fact.at))
        region = self._regions.get(fact.region)
        if region is None:
            # The first day is seen in part.
            region = self._regions[fact.region] = Region(fact.region, (quarter // A_DAY + 1) * A_DAY)
            self._changed.add(f"region|{fact.region}")
        if region.count(quarter, fact.channel):
            self._changed.add(f"day|{region.id}|{day_of(quarter).isoformat()}")

    def _quarter_of(self, region: str, moment: datetime) -> Quarter:
        return quarter_of(self._local(region, moment))

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        leapt = self._last is not None and now - self._last > LEAP and not self._heard
        self._last, self._heard = now, False
        self._changed.add(CLOCK)
        said: list[FindingMade] = []
        for _, region in sorted(self._regions.items()):
            quarter, first = self._quarter_of(region.id, now), region.open
            if leapt:
                region.skip(quarter)
            else:
                said += self._judge(region, quarter, now)
            if region.open != first:
                gone = region.forget(self._settings(now))
                self._changed |= {f"region|{region.id}", *(f"day|{region.id}|{day.isoformat()}" for day in gone)}
        return sorted(said, key=lambda one: one.numbers["until"])

    def _judge(self, region: Region, now_in: Quarter, now: datetime) -> list[FindingMade]:
        settings, said = self._settings(now), []
        works = partial(self._works, region.id)
        for quarter in region.ended(now_in):
            quiet = region.judge(quarter, works, self._count, settings)
            if region.note(quarter, quiet, settings):
                said.append(wording.alarm(region.id, quarter + 1, quiet, self._titles, now))
        return said
