"""The mirror of values as its page shows it: by measure, the weeks of the nation and of each region. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.contracts.events.reflex.mirror import MirrorObserved
from pydantic import ValidationError

from portal.item_fold import Item
from portal.language import N_

WEEKS = 26
FEWEST = 10
"""A week with fewer cases shows no point: its interval would be as high as the chart."""
NATION = ""
MEASURES: Mapping[str, tuple[str, str]] = {
    "late": (N_("Timeliness: missed the deadline"), N_("Of cases whose deadline has come.")),
    "unresolved": (
        N_("Resolution: not solved at twice the time"),
        N_("Not answered, or reopened since, when twice the time to the deadline is over."),
    ),
    "handed_on": (N_("Effort: passed on to another authority"), N_("Before their deadline, at least once.")),
    "poor_rating": (N_("Satisfaction: rated poorly"), N_("Of answers that citizens have rated within 30 days.")),
    "reopened": (N_("Reopened"), N_("Within 30 days after the answer: it did not help.")),
    "repeated": (
        N_("Came again at the same place"),
        N_("The same kind of problem within 30 days after the answer: it did not last."),
    ),
    "without_work": (N_("Closed without work"), N_("Nobody had said that work begins.")),
    "within_a_minute": (N_("Closed within a minute"), N_("After they were given to an authority.")),
}
"""Name and explanation by measure; the last four show whether the first are only seemingly met."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week: the share of bad cases for the nation's mix, and the interval that holds it with 95 in 100."""

    week: date
    share: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A region's weeks by one measure, oldest first; the nation's is named NATION."""

    name: str
    points: Sequence[Point]

    def at(self, week: date) -> Point | None:
        return next((point for point in self.points if point.week == week), None)


@dataclass(frozen=True, slots=True)
class MeasureView:
    """All panels of one measure on one scale."""

    measure: str
    panels: Sequence[Panel]
    nation: Sequence[Point]
    """The nation's weeks for the cases that regions' lines are about: those of which it is known how like ones go."""
    top: float
    """Share at the top of the scale."""

    def nation_at(self, week: date) -> Point | None:
        """To compare a region's week with."""
        return next((point for point in self.nation if point.week == week), None)

    @property
    def weeks(self) -> Sequence[date]:
        """Newest first."""
        return sorted({point.week for panel in self.panels for point in panel.points}, reverse=True)


@dataclass(frozen=True, slots=True)
class Spread:
    """The value equity: standard deviation of shares between regions and between channels, for like cases."""

    measure: str
    regions: float | None
    channels: float | None


def weeks_until(day: date) -> list[date]:
    """Mondays, oldest first; the last is that of the day."""
    last = day - timedelta(days=day.weekday())
    return [last - timedelta(weeks=n) for n in reversed(range(WEEKS))]


def ids_of(weeks: Iterable[date], regions: Sequence[str]) -> list[str]:
    """Of the items that hold these weeks."""
    return [f"{what}|{week.isoformat()}" for week in weeks for what in ("nation|", *(f"region|{r}" for r in regions))]


def records_of(items: Iterable[Item]) -> list[MirrorObserved]:
    """What items hold, weeks that are over, oldest first."""
    found = []
    for item in items:
        try:
            record = MirrorObserved.model_validate(item.data)
        except ValidationError:
            continue
        if record.ended:
            found.append(record)
    return sorted(found, key=lambda record: (record.week, record.name))


def views_of(records: Sequence[MirrorObserved], regions: Sequence[str]) -> list[MeasureView]:
    """By measure, those of which something is known."""
    return [view for measure in MEASURES if (view := _view(measure, records, regions)) is not None]


def _view(measure: str, records: Sequence[MirrorObserved], regions: Sequence[str]) -> MeasureView | None:
    panels = [Panel(NATION, list(_points(measure, NATION, records, adjusted=False)))]
    panels += [Panel(name, list(_points(measure, name, records))) for name in regions]
    panels = [panel for panel in panels if panel.points]
    if not panels:
        return None
    nation = list(_points(measure, NATION, records))
    return MeasureView(measure, panels, nation, _top([point.high for panel in panels for point in panel.points]))


def _points(measure: str, name: str, records: Sequence[MirrorObserved], *, adjusted: bool = True) -> Iterable[Point]:
    for record in records:
        seen = record.measures.get(measure)
        if record.name != name or seen is None or seen.cases < FEWEST:
            continue
        if not adjusted or seen.adjusted is None or seen.adjusted_low is None or seen.adjusted_high is None:
            yield Point(record.week, seen.bad / seen.cases, seen.low, seen.high, seen.cases)
        else:
            yield Point(record.week, seen.adjusted, seen.adjusted_low, seen.adjusted_high, seen.cases)


def _top(highs: Sequence[float]) -> float:
    """A round share that nine tenths of the intervals do not pass: one wide one shall not flatten all others."""
    usual = sorted(highs)[int(0.9 * (len(highs) - 1))]
    return next((top for top in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if top >= usual), 1.0)


def spreads_of(records: Sequence[MirrorObserved]) -> list[Spread]:
    """By the nation's newest record."""
    nation = next((record for record in reversed(records) if record.dimension == "nation"), None)
    found = {} if nation is None else nation.spread
    spreads = [Spread(m, found.get(f"{m}|region"), found.get(f"{m}|channel")) for m in MEASURES]
    return [one for one in spreads if one.regions is not None or one.channels is not None]
