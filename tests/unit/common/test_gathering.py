"""When a consumer lets records gather."""

from __future__ import annotations

from common.gathering import BUSY, PAUSE, Gathering


def pauses(gaps: list[float], size: int = 10, full: int = 100) -> list[float]:
    """The pause after each of several batches that take a second each and follow the one before after a gap."""
    gathering, now, found = Gathering(full), 0.0, []
    for gap in gaps:
        started = now + gap
        pause = gathering.pause(size, started, started + 1)
        found.append(pause)
        now = started + 1 + pause
    return found


def test_a_consumer_that_waits_for_records_never_pauses() -> None:
    assert pauses([0.2] * 20) == [0.0] * 20


def test_small_batches_that_follow_at_once_are_let_gather_after_a_few() -> None:
    found = pauses([0.2] + [0.0] * 10)
    assert found == [0.0] * BUSY + [PAUSE] * (11 - BUSY)


def test_full_batches_are_not_waited_for() -> None:
    assert pauses([0.0] * 20, size=60) == [0.0] * 20


def test_one_idle_moment_ends_the_pauses() -> None:
    assert pauses([0.2] + [0.0] * 6 + [0.1])[-1] == 0.0
