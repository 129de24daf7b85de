"""Days as people of a region live them: in its own zone, and by its own calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from common.federation.country import Federation


class LocalDays:
    """Of every region of a federation."""

    def __init__(self, federation: Federation) -> None:
        @cache
        def zone(region: str) -> ZoneInfo:
            return ZoneInfo(federation.zone(region))

        @cache
        def works(region: str, day: date) -> bool:
            begins, ends = (datetime.combine(d, time(), zone(region)) for d in (day, day + timedelta(days=1)))
            return federation.calendar(region).minutes_between(begins, ends) > 0

        self._zone, self._works = zone, works

    def local(self, region: str, moment: datetime) -> datetime:
        """By the region's clocks."""
        return moment.astimezone(self._zone(region))

    def day_of(self, region: str, moment: datetime) -> date:
        return self.local(region, moment).date()

    def works(self, region: str, day: date) -> bool:
        """Whether it is a working day."""
        return self._works(region, day)
