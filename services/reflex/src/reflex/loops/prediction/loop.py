"""Forecasts what will come to each region in the next fortnight, scores it day by day, and tells the head of an
authority that its deadlines will be missed before they are.

Every case counts on the day when it came to the region, placed by hand or handed over too: it is work either way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, ClassVar

from common.contracts.events.reflex.forecasts import ArrivalsForecast, ArrivalsScored

from reflex.facts import (
    CaseAnswered,
    CaseDeclined,
    CaseExtended,
    CaseFact,
    CaseJoined,
    CaseOpened,
    CaseReopened,
    CaseTransferred,
    CaseWithdrawn,
    Fact,
)
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.prediction import saved_region, wording
from reflex.loops.prediction.days import DAY, Fortnight, kind_of
from reflex.loops.prediction.desks import Desks
from reflex.loops.prediction.region import Region
from reflex.loops.prediction.series import Keeps
from reflex.loops.prediction.settings import Settings
from reflex.loops.prediction.wording import Titles

LEAP = timedelta(days=1)
"""A tick longer than this in which no case came says nothing about the days it passes over: the clock may be wrong."""
CLOCK = "clock"
KINDS_KEPT = 4096
"""Days of regions whose kind need not be looked up again: a fortnight shares all its days but one with the next."""
FORGETS_ON = 0
"""Weekday on which old cases are looked for: all have to be looked through."""


class PredictionLoop:
    """Forecasts by region at the first tick after a day's end; one event a region and day, and one with the scores."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = frozenset(
        (
            CaseOpened, CaseTransferred, CaseJoined, CaseAnswered, CaseDeclined, CaseWithdrawn, CaseReopened,
            CaseExtended,
        )
    )  # fmt: skip
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self,
        settings: Callable[[datetime], Settings],
        day_of: Callable[[str, datetime], date],
        works: Callable[[str, date], bool],
        titles: Titles,
    ) -> None:
        """`day_of` is the local day of a moment in a region, `works` whether it is a working day there."""
        self._settings = settings
        self._day_of = day_of
        self._works = works
        self._kind_of = lru_cache(KINDS_KEPT)(lambda region, day: kind_of(day, partial(works, region)))
        self._titles = titles
        self._regions: dict[str, Region] = {}
        self._desks = Desks(day_of)
        self._last: datetime | None = None
        self._heard = False
        self._ticked = False

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        clock = state.get(CLOCK)
        self._last = None if clock is None else datetime.fromisoformat(clock["last"])
        self._heard = self._ticked = False
        self._regions = saved_region.regions(state)
        self._desks.load(state)

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        found: dict[str, dict[str, Any] | None] = self._desks.changed()
        for _, region in sorted(self._regions.items()):
            if region.changed:
                found.update(saved_region.rows(region))
        if self._ticked and self._last is not None:
            found[CLOCK] = {"last": self._last.isoformat()}
        self._ticked = False
        return found

    def observe(self, fact: Fact) -> None:
        self._heard = True
        assert isinstance(fact, CaseFact)
        self._desks.observe(fact)
        if not isinstance(fact, CaseOpened):
            return
        day = self._day_of(fact.region, fact.at)
        region = self._regions.get(fact.region)
        if region is None:
            # The first day is seen in part.
            region = self._regions[fact.region] = Region.begun(fact.region, day + DAY)
        region.count(day, fact.category, fact.area)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        leapt = self._last is not None and now - self._last > LEAP and not self._heard
        self._last, self._heard, self._ticked = now, False, True
        said: list[LoopOutput] = []
        for name, region in sorted(self._regions.items()):
            today, first = self._day_of(name, now), region.open
            if leapt:
                region.skip(today)
            elif first < today:
                said += self._end_days(region, today, now)
            if region.open != first:
                region.forget()
        return said

    def _end_days(self, region: Region, today: date, now: datetime) -> list[LoopOutput]:
        settings, said = self._settings(now), list[LoopOutput]()
        works, kind_in, keeps = partial(self._works, region.id), partial(self._kind_of, region.id), Keeps.of(settings)
        while region.open < today:
            day = region.open
            kind = kind_in(day)
            if scored := region.end_day(kind, settings):
                said.append(
                    ArrivalsScored(
                        loop=self.name, region=region.id, day=day, series=tuple(scored),
                        horizons=tuple(region.horizons()), scored_at=now,
                    )
                )  # fmt: skip
            for desk in self._desks.of_region(region.id):
                desk.end_day(kind, works(day), keeps)
                self._desks.touch(desk)
            if day.weekday() == FORGETS_ON:
                self._desks.forget(region.id, day - settings.forgotten_days * DAY)
        days = Fortnight.of(region.open, works, kind_in)
        if made := region.forecast(days, settings):
            said.append(
                ArrivalsForecast(
                    loop=self.name, region=region.id, first_day=region.open, series=tuple(made), made_at=now
                )
            )
            for desk in self._desks.of_region(region.id):
                if (need := desk.need_to_tell(days, settings)) is not None:
                    said.append(wording.short(desk, need, self._titles, now))
        return said
