"""Early warnings while they stand: which one a point of a region and category lies in the circle of. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from common.contracts.frozen import value
from common.rulebook.placement import Warned
from common.rulebook.tables import LONGEST_WARNING_HOURS

from routing.duplicates.nearby import metres_apart

LONGEST = timedelta(hours=LONGEST_WARNING_HOURS)


@value
class EarlyWarning:
    """Of one category of a region; it stands from `since`, exclusive, to `until`: what follows from it is a function of
    time, whichever record is read first."""

    warning_id: str
    region: str
    category: str
    lat: float
    lon: float
    radius_m: float
    whole_region: bool
    parent_case: str
    since: datetime
    until: datetime | None = None
    """When it was over; None while nobody has said so."""
    cases: tuple[str, ...] = ()
    """Those that it was raised of, the oldest first."""

    @property
    def parents(self) -> tuple[str, ...]:
        """What a new case may be about the same thing as: the parent case, or the next one that is still open."""
        return tuple(dict.fromkeys((self.parent_case, *self.cases)))

    def stands(self, at: datetime) -> bool:
        return self.since < at <= (self.until or self.since + LONGEST)

    def holds(self, lat: float, lon: float) -> bool:
        return self.whole_region or metres_apart(self.lat, self.lon, lat, lon) <= self.radius_m


class EarlyWarnings:
    """All that stand, or stood until lately, by region and category."""

    def __init__(self, known: Iterable[EarlyWarning] = ()) -> None:
        self._known: dict[tuple[str, str], list[EarlyWarning]] = {}
        for one in sorted(known, key=lambda one: (one.since, one.warning_id)):
            self._known.setdefault((one.region, one.category), []).append(one)

    def around(
        self, region: str, category: str, lat: float | None, lon: float | None, at: datetime
    ) -> list[EarlyWarning]:
        """Those that stand then and hold the point, the oldest first."""
        known = self._known.get((region, category))
        if known is None or lat is None or lon is None:
            return []
        return [one for one in known if one.stands(at) and one.holds(lat, lon)]

    def warned(self, region: str, category: str, lat: float | None, lon: float | None, at: datetime) -> Warned | None:
        """The newest of these, by which a case is more urgent the longest."""
        found = self.around(region, category, lat, lon, at)
        if not found:
            return None
        newest = found[-1]
        return Warned(newest.warning_id, (at - newest.since).total_seconds() / 3600)


NO_WARNINGS = EarlyWarnings()
