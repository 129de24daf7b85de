"""Working time is added and counted by the same clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from common.federation.calendar import DAYS, CalendarSpec, OverlayDay, build_calendar
from hypothesis import given
from hypothesis import strategies as st

SATURDAY = date(2011, 7, 9)
SPEC = CalendarSpec(
    country="US",
    subdivision="MA",
    timezone="America/New_York",
    weekly=dict.fromkeys(DAYS[:5], (("09:00", "13:00"), ("14:00", "17:00"))),
    overlay=(OverlayDay(date=SATURDAY, hours=(("10:00", "12:00"),)),),
)
CALENDAR = build_calendar(SPEC, 2010, 2012)
MOMENTS = st.datetimes(datetime(2010, 3, 1), datetime(2012, 6, 1), timezones=st.just(UTC))


@given(MOMENTS, st.integers(0, 20_000))
def test_counting_gives_back_what_was_added(start: datetime, minutes: int) -> None:
    assert CALENDAR.minutes_between(start, CALENDAR.add(start, minutes)) == minutes


@given(MOMENTS, MOMENTS, st.integers(0, 20_000))
def test_who_starts_later_is_never_due_earlier(a: datetime, b: datetime, minutes: int) -> None:
    first, second = sorted((a, b))
    assert CALENDAR.add(first, minutes) <= CALENDAR.add(second, minutes)


def test_a_holiday_stops_the_clock_and_an_overlay_saturday_runs_it() -> None:
    friday_evening = datetime(2011, 7, 1, 21, tzinfo=UTC)
    assert CALENDAR.add(friday_evening, 60) == datetime(2011, 7, 5, 14, tzinfo=UTC)
    noon = datetime(2011, 7, 9, 12, tzinfo=UTC)
    assert CALENDAR.minutes_between(noon, noon + timedelta(hours=12)) == 120


def test_a_moment_outside_the_calendars_years_is_an_error() -> None:
    with pytest.raises(ValueError, match="outside the years"):
        CALENDAR.minutes_between(datetime(2012, 12, 30, tzinfo=UTC), datetime(2013, 1, 20, tzinfo=UTC))
