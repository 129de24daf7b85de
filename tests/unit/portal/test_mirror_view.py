"""The page of values shows weeks that are over, for like cases, with their intervals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from common.contracts.events.reflex.mirror import MeasureSeen, MirrorObserved
from portal.item_fold import fold_item
from portal.mirror_drawing import panel
from portal.mirror_view import NATION, Point, ids_of, records_of, spreads_of, views_of, weeks_until

T = datetime(2011, 8, 1, tzinfo=UTC)
MONDAY = date(2011, 7, 25)
WEEK = timedelta(days=7)
LATE = MeasureSeen(
    cases=120, bad=36, low=0.23, high=0.39, alike=118, expected=44.0, adjusted=0.19, adjusted_low=0.13,
    adjusted_high=0.26,
)  # fmt: skip


def record(**given: Any) -> MirrorObserved:
    told = {
        "dimension": "region", "name": "north", "week": MONDAY, "ended": True, "measures": {"late": LATE},
        "observed_at": T, **given,
    }  # fmt: skip
    return MirrorObserved(**told)


def item_of(event: MirrorObserved) -> Any:
    return fold_item(None, event, T)


def test_a_record_is_an_item_that_its_later_word_replaces() -> None:
    first = fold_item(None, record(ended=False), T)
    assert first is not None
    assert (first.kind, first.id, first.state) == ("mirror", "region|north|2011-07-25", "running")
    last = fold_item(first, record(), T)
    assert last is not None
    assert last.state == "ended"
    assert {first.id} <= set(ids_of(weeks_until(date(2011, 7, 28)), ["north"]))


def test_weeks_begin_on_mondays_and_end_with_that_of_today() -> None:
    weeks = weeks_until(date(2011, 7, 31))
    assert len(weeks) == 26
    assert weeks[-1] == MONDAY
    assert {week.weekday() for week in weeks} == {0}


def test_a_region_shows_its_share_for_like_cases_and_the_nation_its_own() -> None:
    records = records_of([item_of(record()), item_of(record(dimension="nation", name=""))])
    (view,) = views_of(records, ["north"])
    shown = {one.name: one.points[0] for one in view.panels}
    assert (shown["north"].share, shown["north"].low, shown["north"].high) == (0.19, 0.13, 0.26)
    assert (shown[NATION].share, shown[NATION].low, shown[NATION].high) == (0.3, 0.23, 0.39)
    # Beside a region's line stands the nation's for like cases, or all regions could seem better than the nation.
    assert [point.share for point in view.nation] == [0.19]
    assert view.nation_at(MONDAY) == view.nation[0]
    assert view.nation_at(MONDAY - WEEK) is None
    assert view.top == 0.3


def test_running_weeks_few_cases_and_what_cannot_be_read_show_no_point() -> None:
    few = MeasureSeen(cases=9, bad=1, low=0.02, high=0.4)
    items = [item_of(record(ended=False)), item_of(record(name="south", measures={"late": few}))]
    assert views_of(records_of(items), ["north", "south"]) == []
    broken = item_of(record())
    assert records_of([type(broken)(broken.kind, broken.id, broken.state, T, {"dimension": "moon"})]) == []


def test_equity_is_that_of_the_nations_newest_week() -> None:
    old = record(dimension="nation", name="", week=MONDAY - WEEK, spread={"late|region": 0.1})
    new = record(dimension="nation", name="", spread={"late|region": 0.02, "reopened|channel": 0.0})
    assert [(s.measure, s.regions, s.channels) for s in spreads_of([old, record(), new])] == [
        ("late", 0.02, None), ("reopened", None, 0.0),
    ]  # fmt: skip


def test_a_chart_says_its_last_week_in_words_and_leaves_gaps_where_weeks_are_missing() -> None:
    points = [Point(MONDAY + n * WEEK, 0.2, 0.1, 0.3, 40) for n in (0, 1, 4, 5)]
    drawn = str(panel(points, [], MONDAY, MONDAY + 5 * WEEK, 0.5))
    assert drawn.count("<polyline") == 2
    assert drawn.count("<polygon") == 2
    assert 'aria-label="Last week 20.0 %, with 95 % confidence between 10.0 % and 30.0 %"' in drawn
    assert "48.0,54.0" in drawn, "the second of six weeks, at two fifths of the scale"


@pytest.mark.parametrize("points", [1, 2])
def test_a_first_week_alone_can_be_drawn(points: int) -> None:
    assert "NaN" not in str(panel([Point(MONDAY, 0.2, 0.1, 0.3, 40)] * points, [], MONDAY, MONDAY, 0.2))
