"""A region's arrivals are shown beside what was forecast of them, and what is expected."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from portal.forecast_drawing import outlook, top_of
from portal.forecast_view import accuracy_of, over_regions, series_of
from portal.item_fold import DAYS_OF_ARRIVALS, Item, fold_item

from tests.arrivals import DAYS, FIRST, facts_of_arrivals
from tests.unit.portal.test_item_fold import NOON


def folded(times: int = 1) -> Item:
    found: Item | None = None
    for _ in range(times):
        for event in facts_of_arrivals()[:-1]:
            found = fold_item(found, event, NOON)
    assert found is not None
    return found


def test_days_that_came_stand_before_those_that_are_expected() -> None:
    total, category = series_of(folded().data)
    assert (total.what, category.name) == ("total", "pothole")
    assert [day.day for day in total.days] == [FIRST + timedelta(days=n) for n in range(DAYS + 14)]
    assert len(total.past) == DAYS
    assert len(total.coming) == 14
    assert total.fortnight == 2 * total.next_week == 886
    assert [day.day for day in total.past if not day.held] == [FIRST + timedelta(days=16)]


def test_before_the_first_forecast_nothing_is_shown() -> None:
    assert series_of({}) == []
    assert outlook([]) == ""


def test_shares_are_shown_only_of_enough_forecasts() -> None:
    (enough,) = accuracy_of(folded().data)
    assert (enough.forecasts, enough.held) == (63, pytest.approx(61 / 63))
    assert enough.scaled_error == pytest.approx(144 / 225)
    few = {"horizons": [{"what": "total", "days_ahead": 1, "forecasts": 29, "held": 29, "error": 1, "naive_error": 2}]}
    (one,) = accuracy_of(few)
    assert (one.held, one.scaled_error) == (None, None)


def test_forecasts_of_all_regions_are_counted_together() -> None:
    (both,) = over_regions([folded(), folded()])
    assert (both.forecasts, both.held) == (126, pytest.approx(61 / 63))
    assert over_regions([]) == []


def test_the_picture_holds_band_and_lines_within_its_bounds() -> None:
    total, _ = series_of(folded().data)
    drawn = str(outlook(total.days, width=600, height=180))
    places = [tuple(map(float, p.split(","))) for p in re.findall(r"[\d.]+,[\d.-]+", drawn)]
    assert len(places) == 2 * 35 + 35 + DAYS
    assert all(0 <= x <= 600 and 0 <= y <= 180 for x, y in places)
    assert top_of(total.days) >= 150


def test_only_the_last_weeks_are_kept() -> None:
    many = {f"2010-{1 + n // 28:02}-{1 + n % 28:02}": {} for n in range(100)}
    item = fold_item(Item("arrivals", "north", "seen", NOON, {"days": many}), facts_of_arrivals()[0], NOON)
    assert item is not None
    assert len(item.data["days"]) == DAYS_OF_ARRIVALS
    assert max(item.data["days"]) == FIRST.isoformat()
