"""The same cases counted again: no case in two periods, none between them left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.cell_counts import EVIDENCE, NEW_RULE, OLD_RULE, Count, by_cell, periods_of, windows_of
from portal.loop_pages.page import WatchedCell

T = datetime(2011, 7, 20, 15, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = ZoneInfo("America/New_York")
OWN = WatchedCell("pothole", "01", "yard-01", "yard-02", T - 9 * DAY, T - 4 * DAY, 5, 1)
FOLLOWS = WatchedCell("pothole", "02", "yard-01", "yard-02")


def test_periods_follow_each_other_from_the_first_case_to_now() -> None:
    own = [w for w in windows_of([OWN], T, T + 2 * DAY, T + 9 * DAY, ZONE) if w.cell is OWN]
    assert [w.period for w in own] == [EVIDENCE, OLD_RULE, NEW_RULE]
    assert [w.until for w in own[:-1]] == [w.first for w in own[1:]]
    assert own[0].first <= OWN.first if OWN.first else False
    assert own[-1].until == T + 9 * DAY
    assert own[0].first.astimezone(ZONE).hour == 0


def test_a_change_that_is_not_in_force_yet_has_no_new_period() -> None:
    for effective in (None, T + 30 * DAY):
        found = windows_of([OWN, FOLLOWS], T, effective, T + DAY, ZONE)
        assert {w.period for w in found} == {EVIDENCE, OLD_RULE}


def test_counts_of_cells_are_summed_by_period_and_kept_by_cell() -> None:
    found = windows_of([OWN, FOLLOWS], T, T + 2 * DAY, T + 9 * DAY, ZONE)
    counts = {place: Count(10, place, 1, 2) for place in range(len(found)) if found[place].cell is OWN}
    periods = periods_of(found, counts)
    assert [p.name for p in periods] == [EVIDENCE, OLD_RULE, NEW_RULE]
    assert [p.count.cases for p in periods] == [10, 10, 10]
    assert by_cell(found, counts, NEW_RULE) == {("pothole", "01"): Count(10, 2, 1, 2), ("pothole", "02"): Count()}
