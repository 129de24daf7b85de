"""A partition with too many dead letters is set aside by itself, is tried again, and goes on when it is well."""

from __future__ import annotations

import pytest
from aiokafka.structs import ConsumerRecord
from common.messaging.consume.dead_letter_limit import LONGEST_STOP_SECONDS, PROBE_RECORDS, StopLimit, Stopped, Stops
from common.messaging.kafka import Record

A, B = ("t", 0), ("t", 1)


def ended(stops: Stops, dead: list[bool], place: tuple[str, int] = A, now: float = 0.0) -> None:
    stops.remember(stops.allow((place, each) for each in dead), now)


def record(place: tuple[str, int], offset: int) -> Record:
    return ConsumerRecord(*place, offset, 0, 0, b"", b"", None, 0, 0, ())


def test_a_run_of_dead_letters_is_broken_by_one_good_record() -> None:
    stops = Stops(StopLimit(run=3, ratio=1.0, window=100))
    for _ in range(10):
        ended(stops, [True, True, False])
    with pytest.raises(Stopped, match="3 dead letters in a row"):
        ended(stops, [True, True, True])


def test_a_batch_that_was_rolled_back_does_not_count() -> None:
    stops = Stops(StopLimit(run=3, ratio=1.0, window=100))
    for _ in range(10):
        stops.allow((A, True) for _ in range(2))
    ended(stops, [True])


def test_the_share_counts_only_over_a_full_window_of_the_latest_records() -> None:
    stops = Stops(StopLimit(run=100, ratio=0.5, window=10))
    ended(stops, [True, False, True] * 3)
    with pytest.raises(Stopped, match="of the last 10 records"):
        ended(stops, [True])
    ended(stops, [False] * 10)
    ended(stops, [True, False] * 5)


def test_partitions_are_counted_apart() -> None:
    stops = Stops(StopLimit(run=3, ratio=1.0, window=100))
    for _ in range(2):
        stops.remember(stops.allow([(A, True), (B, True)]), 0.0)
    with pytest.raises(Stopped) as caught:
        stops.allow([(B, False), (A, True)])
    assert caught.value.place == A


def test_a_stopped_partition_is_tried_with_a_few_records_after_ever_longer_pauses() -> None:
    stops = Stops(StopLimit(run=3, pause_seconds=5.0))
    now, pauses = 0.0, [stops.stop(A, "bad", 0.0).pause_seconds]
    batch = [record(A, n) for n in range(100)] + [record(B, 0)]
    for _ in range(8):
        admitted, left = stops.admit(batch, now)
        assert (len(admitted), len(left)) == (1, 100), "while it is stopped"
        now = stops.stopped[A].until
        admitted, left = stops.admit(batch, now)
        assert (len(admitted), len(left)) == (PROBE_RECORDS + 1, 100 - PROBE_RECORDS)
        for _ in range(PROBE_RECORDS):
            ended(stops, [True], now=now)
        pauses.append(stops.stopped[A].pause_seconds)
    assert pauses == [5, 10, 20, 40, 80, 160, LONGEST_STOP_SECONDS, LONGEST_STOP_SECONDS, LONGEST_STOP_SECONDS]


def test_one_good_record_ends_a_stop_and_only_a_good_run_makes_the_pause_short_again() -> None:
    stops = Stops(StopLimit(run=3, pause_seconds=5.0))
    stops.stop(A, "bad", 0.0)
    ended(stops, [True, False], now=5.0)
    assert not stops.stopped
    assert stops.stop(A, "bad", 6.0).pause_seconds == 10
    ended(stops, [False], now=20.0)
    ended(stops, [False] * 3, now=20.0)
    assert stops.stop(A, "bad", 30.0).pause_seconds == 5
