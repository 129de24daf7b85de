"""Working time: minutes of a region's calendar, by prefix sums over its days."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator, model_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Periods = tuple[tuple[str, str], ...]
BUILT_KEPT = 64
"""Calendars of this process, which several services and regions may share."""
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """The name of an existing time zone; raises ValueError with names that look like it."""
    zones = _zones()
    if name in zones:
        return name
    close = difflib.get_close_matches(name, zones, n=2, cutoff=0.5)
    meant = f"; did you mean {' or '.join(close)}?" if close else "; write one such as Europe/Moscow"
    raise ValueError(f"{name!r} is not a time zone{meant}")


def _check_hours(hours: Periods) -> Periods:
    """Periods within one day, none of them empty, none over another; raises ValueError. Returns them in order."""
    for start, end in hours:
        for clock in (start, end):
            if not CLOCK.fullmatch(clock) and not (clock == "24:00" and clock == end):
                raise ValueError(f"{clock!r} is not a time of day: write HH:MM in quotes, from 00:00 to 24:00")
        if start == end:
            raise ValueError(f"{start}-{end} begins and ends at the same time: give no hours for a day off")
        if start > end:
            raise ValueError(
                f"{start}-{end} ends before it begins: write a night shift as {start}-24:00 on this day and"
                f" 00:00-{end} on the next"
            )
    ordered = tuple(sorted(hours))
    for earlier, later in itertools.pairwise(ordered):
        if later[0] < earlier[1]:
            raise ValueError(f"{'-'.join(earlier)} and {'-'.join(later)} overlap: their minutes would count twice")
    return ordered


Hours = Annotated[Periods, AfterValidator(_check_hours)]
"""Periods of a day in local time, such as (("09:00", "13:00"), ("14:00", "18:00"))."""


class OverlayDay(BaseModel):
    """A day that is not as the week and the country's holidays say; no hours: a day off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    hours: Hours = ()


class CalendarSpec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str
    subdivision: str | None = None
    timezone: str
    weekly: dict[Day, Hours]
    overlay: tuple[OverlayDay, ...] = ()

    @field_validator("weekly")
    @classmethod
    def _week_is_sound(cls, weekly: dict[Day, Hours]) -> dict[Day, Hours]:
        if not any(weekly.values()):
            raise ValueError("no day of the week has working hours: no deadline would ever come")
        return weekly

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        return known_zone(name)

    @field_validator("overlay")
    @classmethod
    def _days_once(cls, overlay: tuple[OverlayDay, ...]) -> tuple[OverlayDay, ...]:
        twice = [day for day, times in Counter(d.date for d in overlay).items() if times > 1]
        if twice:
            raise ValueError(f"{twice[0].isoformat()} stands twice in the overlay")
        return overlay

    @model_validator(mode="after")
    def _holidays_are_known(self) -> CalendarSpec:
        known = holidays.list_supported_countries()
        if self.country not in known:
            raise ValueError(f"country {self.country!r} has no holidays here: write an ISO 3166 code such as RU")
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            raise ValueError(f"subdivision {self.subdivision!r} of {self.country} has no holidays here")
        return self


class WorkingCalendar:
    """Adds and counts working time, exact to the second. Raises ValueError outside its years."""

    def __init__(self, periods: list[tuple[datetime, datetime]], version: str, span: tuple[datetime, datetime]) -> None:
        self.version = version
        self._first, self._last = span[0].timestamp(), span[1].timestamp()
        self._starts = [a.timestamp() for a, _ in periods]
        self._ends = [b.timestamp() for _, b in periods]
        self._before: list[float] = []
        """Working seconds before each period."""
        total = 0.0
        for a, b in zip(self._starts, self._ends, strict=True):
            self._before.append(total)
            total += b - a

    def _worked_until(self, moment: datetime) -> float:
        at = moment.timestamp()
        if not self._first <= at < self._last:
            raise ValueError(f"{moment.isoformat()} lies outside the years of calendar {self.version}")
        i = bisect_right(self._starts, at) - 1
        return 0.0 if i < 0 else self._before[i] + min(at, self._ends[i]) - self._starts[i]

    def add(self, start: datetime, minutes: int) -> datetime:
        """The moment `minutes` of working time after `start`; in free time the clock stands."""
        target = self._worked_until(start) + minutes * 60
        i = bisect_left(self._before, target) - 1
        if i < 0:
            i = 0
        at = self._starts[i] + target - self._before[i]
        if not self._starts or at > self._ends[i]:
            raise ValueError(f"{minutes} working minutes after {start.isoformat()} lie beyond calendar {self.version}")
        return max(datetime.fromtimestamp(at, UTC), start.astimezone(UTC))

    def minutes_between(self, earlier: datetime, later: datetime) -> int:
        """Whole working minutes between two moments; 0 when they are the wrong way round."""
        return max(0, int((self._worked_until(later) - self._worked_until(earlier)) // 60))


def build_calendar(spec: CalendarSpec, first_year: int, last_year: int) -> WorkingCalendar:
    """The periods of work of some years: the week, less the country's holidays, as the overlay changes them.

    One that was built in this process is given again: it takes a tenth of a second and never changes.
    """
    return _built(spec.model_dump_json(), first_year, last_year)


@lru_cache(maxsize=BUILT_KEPT)
def _built(spec_json: str, first_year: int, last_year: int) -> WorkingCalendar:
    spec = CalendarSpec.model_validate_json(spec_json)
    free = holidays.country_holidays(spec.country, subdiv=spec.subdivision, years=range(first_year, last_year + 1))
    overlay = {d.date: d.hours for d in spec.overlay}
    zone = ZoneInfo(spec.timezone)
    periods = []
    day = date(first_year, 1, 1)
    while day <= date(last_year, 12, 31):
        hours = overlay.get(day, () if day in free else spec.weekly.get(DAYS[day.weekday()], ()))
        for start, end in hours:
            # In spring a period may begin or end in the hour that is missing.
            begins, ends = _local(day, start, zone).astimezone(UTC), _local(day, end, zone).astimezone(UTC)
            if begins < ends:
                periods.append((begins, ends))
        day += timedelta(days=1)
    text = json.dumps([spec.model_dump(mode="json"), first_year, last_year, sorted(map(str, free))], sort_keys=True)
    span = (_local(date(first_year, 1, 1), "00:00", zone), _local(date(last_year, 12, 31), "24:00", zone))
    return WorkingCalendar(periods, hashlib.sha256(text.encode()).hexdigest()[:12], span)


def _local(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)
