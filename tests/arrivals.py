"""What the prediction loop publishes of a region in three weeks, for pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from common.contracts.events.base import Event
from common.contracts.events.reflex.forecasts import (
    ArrivalsForecast,
    ArrivalsScored,
    ForecastSeries,
    HorizonScore,
    ScoredSeries,
)
from common.contracts.events.reflex.observations import FindingMade

FIRST = date(2011, 10, 3)
DAYS = 21
WEEK = (90, 84, 80, 79, 70, 22, 18)


def facts_of_arrivals(region: str = "north", authority: str = "yard-01") -> list[Event]:
    """Scores of three weeks, the forecast after them, and an authority that will be short."""
    found: list[Event] = []
    for n in range(DAYS):
        day, usual = FIRST + timedelta(days=n), WEEK[n % 7]
        came = usual + (n * 37 % 41 - 20) * usual // 100 + (60 if n == 16 else 0)
        series = (_scored("total", "", came, usual), _scored("category", "pothole", came // 3, usual // 3))
        horizon = HorizonScore(
            what="total", days_ahead=1, forecasts=3 * n + 3, held=3 * n + 1, error=7.0 * n + 4, naive_error=11.0 * n + 5
        )
        found.append(
            ArrivalsScored(
                loop="prediction", region=region, day=day, series=series, horizons=(horizon,), scored_at=_at(day)
            )
        )
    expected = tuple(float(WEEK[n % 7]) for n in range(14))
    series_ahead = (_ahead("total", "", expected), _ahead("category", "pothole", tuple(e / 3 for e in expected)))
    first = FIRST + timedelta(days=DAYS)
    found.append(
        ArrivalsForecast(loop="prediction", region=region, first_day=first, series=series_ahead, made_at=_at(first))
    )
    numbers = {
        "region": region, "authority": authority, "by": "2011-11-02", "work": 61.0, "open": 44, "rate": 3.2,
        "needed_rate": 7.6, "short": 35.4,
    }  # fmt: skip
    words = f"{authority} in {region} will miss deadlines."
    key = f"shortfall|{region}|{authority}"
    found.append(
        FindingMade(loop="prediction", key=key, kind="shortfall", words=words, numbers=numbers, found_at=_at(first))
    )
    return found


def _at(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def _scored(what: str, name: str, count: int, usual: int) -> ScoredSeries:
    return ScoredSeries.model_validate(
        {
            "what": what,
            "name": name,
            "count": count,
            "expected": usual,
            "low": usual * 7 // 10,
            "high": usual * 13 // 10,
        }
    )


def _ahead(what: str, name: str, expected: tuple[float, ...]) -> ForecastSeries:
    middle = tuple(round(e) for e in expected)
    low, high = tuple(m * 7 // 10 for m in middle), tuple(m * 13 // 10 for m in middle)
    return ForecastSeries.model_validate(
        {"what": what, "name": name, "expected": expected, "middle": middle, "low": low, "high": high}
    )
