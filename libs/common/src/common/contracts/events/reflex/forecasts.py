"""Forecasts of arrivals, and how they turned out."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.events.base import Instant
from common.contracts.events.reflex.loop_event import LoopEvent

SeriesKind = Literal["total", "category", "other_categories", "area"]
"""What a series of arrivals counts in a region: all cases, those of one category or area, or those of all categories
that are too rare to be forecast by themselves."""


class ForecastSeries(BaseModel):
    """Cases of one series a day, the first day first."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    name: str = ""
    """The category or area."""
    expected: tuple[float, ...]
    """Means, each series by itself: those of the parts need not add up to that of the whole."""
    middle: tuple[int, ...]
    """Medians."""
    low: tuple[int, ...]
    high: tuple[int, ...]
    area_shares: dict[str, float] = Field(default_factory=dict)
    """Of a category: which part of it falls to each area."""


class ArrivalsForecast(LoopEvent):
    """How many cases will come to a region on each day of the next fortnight. The last one replaces those before it."""

    type: ClassVar[str] = "reflex.arrivals.forecast.v1"
    topic: ClassVar[str] = "reflex.observations"

    loop: str
    region: str
    first_day: date
    """In the region's zone."""
    coverage: float = 0.9
    """Share of the counts that shall lie within their intervals, bounds included."""
    series: tuple[ForecastSeries, ...]
    made_at: Instant

    def record_key(self, loop: str) -> str:
        return f"arrivals|{self.region}"


class ScoredSeries(BaseModel):
    """What came on a day, and what was forecast when it began."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    name: str = ""
    count: int
    expected: int
    """The median."""
    low: int
    high: int


class HorizonScore(BaseModel):
    """How the forecasts of one kind of series turned out, so many days ahead, over the last weeks.

    `error` over `naive_error` is the mean absolute scaled error.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    what: SeriesKind
    days_ahead: int
    forecasts: int
    held: int
    """Intervals that held the count."""
    error: float
    """Sum of absolute errors of the medians, in cases."""
    naive_error: float
    """The same of who says the count of the same day of the last week that was known."""


class ArrivalsScored(LoopEvent):
    """How the forecasts for a day that has ended turned out."""

    type: ClassVar[str] = "reflex.arrivals.scored.v1"
    topic: ClassVar[str] = "reflex.observations"

    loop: str
    region: str
    day: date
    series: tuple[ScoredSeries, ...]
    horizons: tuple[HorizonScore, ...]
    """Over the last weeks, this day included."""
    scored_at: Instant

    def record_key(self, loop: str) -> str:
        return f"arrivals|{self.region}"
