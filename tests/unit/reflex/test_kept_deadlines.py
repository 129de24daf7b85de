"""Whether a limit is kept but for some time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from reflex.loops.deadline.kept_deadlines import MOST_PERIODS, PERIOD, KeptDeadlines
from reflex.sortable_times import text_of

START = datetime(2021, 3, 1, tzinfo=UTC)


def kept(*shares: int, of: int = 20) -> KeptDeadlines:
    """In each two weeks so many of 20 deadlines are kept."""
    found = KeptDeadlines()
    for number, share in enumerate(shares):
        for n in range(of):
            found.count(text_of(START + number * PERIOD + n * timedelta(hours=1)), missed=n >= share)
    return found


@pytest.mark.parametrize(
    ("shares", "passing"),
    [
        ((16, 17, 9, 8), True),
        ((9, 8, 16, 17), True),
        ((16, 17, 8, 16, 17), True),
        ((17, 16, 15, 16), False),
        ((8, 9, 8, 9), False),
        ((9, 2, 3), False),
    ],
    ids=["kept, then not", "kept of late", "not for two weeks", "kept", "never kept", "never kept and worse"],
)
def test_a_limit_that_is_kept_but_for_some_time_is_told_from_one_that_never_was(
    shares: tuple[int, ...], passing: bool
) -> None:
    assert kept(*shares).but_for_some_time(0.68) == passing


def test_few_deadlines_tell_nothing() -> None:
    assert not kept(5, 0, of=5).but_for_some_time(0.68)


def test_a_year_is_remembered_and_no_more() -> None:
    found = kept(*[18] * 5, *[8] * (MOST_PERIODS - 5))
    assert found.but_for_some_time(0.68)
    assert len(found.periods) == MOST_PERIODS
    assert not kept(*[18] * 5, *[8] * MOST_PERIODS).but_for_some_time(0.68)
