"""Pauses before a loop that failed is tried again."""

from __future__ import annotations

from datetime import timedelta

from reflex.retry_times import FIRST_PAUSE, LONGEST_PAUSE, retry_at

from tests.unit.reflex.worlds import START


def test_pauses_double_up_to_a_day_and_stay_there() -> None:
    pauses = [retry_at(START, failures) - START for failures in range(1, 2_000)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE == timedelta(days=1)
