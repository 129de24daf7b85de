"""When a consumer lets records gather."""

from __future__ import annotations

from common.messaging.consume.batch_pacing import (
    BUSY_BATCHES,
    MAX_PAUSE_SECONDS,
    MIN_RECORDS_WORTH_A_PAUSE,
    PATIENT_PAUSE_SECONDS,
    BatchPacing,
)


def pauses(
    gaps: list[float], size: int = 10, full: int = 100, took: float = 0.125, *, patient: bool = False
) -> list[float]:
    """The pause after each of several batches that take so long each and follow the one before after a gap."""
    gathering, now, found = BatchPacing(full, patient=patient), 0.0, []
    for gap in gaps:
        started = now + gap
        pause = gathering.pause(size, started, started + took)
        found.append(pause)
        now = started + took + pause
    return found


def test_a_consumer_that_waits_for_records_never_pauses() -> None:
    assert pauses([0.2] * 20) == [0.0] * 20


def test_small_batches_that_follow_at_once_are_let_gather_after_a_few() -> None:
    found = pauses([0.25] + [0.0] * 10)
    assert found == [0.0] * BUSY_BATCHES + [0.125] * (11 - BUSY_BATCHES)


def test_no_pause_is_longer_than_what_people_would_feel() -> None:
    assert max(pauses([0.0] * 20, took=8.0)) == MAX_PAUSE_SECONDS


def test_who_is_patient_takes_the_longest_pause_once_it_is_busy_and_then_longer_ones() -> None:
    found = pauses([0.25] + [0.0] * 10, took=0.01, patient=True)
    assert found == [0.0] * BUSY_BATCHES + [MAX_PAUSE_SECONDS] + [PATIENT_PAUSE_SECONDS] * (10 - BUSY_BATCHES)


def test_who_is_patient_is_busy_also_where_it_is_slow_to_ask_for_more() -> None:
    assert pauses([0.1] * 20, patient=True)[-1] == PATIENT_PAUSE_SECONDS
    assert pauses([0.1] * 20) == [0.0] * 20


def test_a_pause_that_gathered_hardly_anything_is_the_last() -> None:
    assert pauses([0.0] * 7, size=MIN_RECORDS_WORTH_A_PAUSE - 1, took=0.01, patient=True)[-2:] == [
        MAX_PAUSE_SECONDS,
        0.0,
    ]


def test_full_batches_are_not_waited_for() -> None:
    assert pauses([0.0] * 20, size=60) == [0.0] * 20


def test_one_idle_moment_ends_the_pauses() -> None:
    assert pauses([0.2] + [0.0] * 6 + [0.1])[-1] == 0.0
