"""What the page of forecasts shows of a region: what came, what was forecast of it, and what is expected. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from common.contracts.events.reflex.forecasts import ArrivalsForecast, ForecastSeries, HorizonScore, SeriesKind

from portal.item_fold import Item

DAYS_SHOWN = 28
"""Days before the forecast."""
FEW_SCORES = 30
"""Under so many forecasts no share is shown."""


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """`came` is None for a day that has not ended; the rest is what was forecast, when the day began."""

    day: date
    came: int | None
    expected: int
    low: int
    high: int

    @property
    def held(self) -> bool:
        return self.came is not None and self.low <= self.came <= self.high


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One series of a region over the last weeks and the next fortnight."""

    what: SeriesKind
    name: str
    days: Sequence[ForecastDay]
    next_week: float
    """Cases expected in seven days."""
    fortnight: float

    @property
    def past(self) -> Sequence[ForecastDay]:
        return [day for day in self.days if day.came is not None]

    @property
    def coming(self) -> Sequence[ForecastDay]:
        return [day for day in self.days if day.came is None]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How forecasts of one kind of series turned out; None where there are too few."""

    what: SeriesKind
    forecasts: int
    held: float | None
    scaled_error: float | None
    """Error over that of last week's same day."""


def series_of(data: Mapping[str, Any]) -> list[SeriesView]:
    """Of the item of a region's arrivals, in the order of its forecast; empty before the first."""
    if "forecast" not in data:
        return []
    forecast = ArrivalsForecast.model_validate(data["forecast"])
    return [_view(one, forecast.first_day, data.get("days", {})) for one in forecast.series]


def _view(one: ForecastSeries, first: date, days: Mapping[str, Mapping[str, Sequence[int]]]) -> SeriesView:
    key, found = f"{one.what}|{one.name}", list[ForecastDay]()
    for name in sorted(days)[-DAYS_SHOWN:]:
        if (seen := days[name].get(key)) is not None:
            found.append(ForecastDay(date.fromisoformat(name), *seen))
    for n, (middle, low, high) in enumerate(zip(one.middle, one.low, one.high, strict=True)):
        found.append(ForecastDay(first + timedelta(days=n), None, middle, low, high))
    return SeriesView(one.what, one.name, found, sum(one.expected[:7]), sum(one.expected))


def accuracy_of(data: Mapping[str, Any]) -> list[Accuracy]:
    """All forecasts of the last weeks by kind of series, whatever their term."""
    return _by_kind(HorizonScore.model_validate(one) for one in data.get("horizons", ()))


def over_regions(regions: Iterable[Item]) -> list[Accuracy]:
    """The same of all regions together."""
    return _by_kind(HorizonScore.model_validate(one) for region in regions for one in region.data.get("horizons", ()))


def _by_kind(scores: Iterable[HorizonScore]) -> list[Accuracy]:
    ordered = sorted(scores, key=lambda s: s.what)
    return [_accuracy(what, list(found)) for what, found in groupby(ordered, key=lambda s: s.what)]


def _accuracy(what: SeriesKind, scores: Sequence[HorizonScore]) -> Accuracy:
    forecasts, naive = sum(s.forecasts for s in scores), sum(s.naive_error for s in scores)
    if forecasts < FEW_SCORES or naive <= 0:
        return Accuracy(what, forecasts, None, None)
    held, error = sum(s.held for s in scores), sum(s.error for s in scores)
    return Accuracy(what, forecasts, held / forecasts, error / naive)
