"""Which services have not heard of the last tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from otklik.clock_command import behind

LAST = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_service_that_knows_of_a_later_tick_than_was_read_is_not_behind() -> None:
    assert not behind(LAST.isoformat(), LAST)
    assert not behind((LAST + timedelta(seconds=5)).isoformat(), LAST)
    assert behind((LAST - timedelta(seconds=5)).isoformat(), LAST)
    assert behind(None, LAST)
