"""How long the supervisor waits before it starts an ended process again."""

from __future__ import annotations

from otklik.restarts import FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS, Restarts


def test_the_pause_doubles_up_to_a_bound_while_the_process_keeps_ending() -> None:
    restarts, now, pauses = Restarts(0.0), 0.0, []
    for _ in range(8):
        pauses.append(restarts.ended(now))
        now += pauses[-1]
        restarts.started(now)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_process_that_was_steady_begins_anew_with_the_shortest_pause() -> None:
    restarts = Restarts(0.0)
    for _ in range(5):
        restarts.ended(1.0)
    restarts.started(1.0)
    assert restarts.ended(1.0 + STEADY_SECONDS) == FIRST_PAUSE


def test_it_is_due_only_while_it_does_not_run() -> None:
    restarts = Restarts(0.0)
    pause = restarts.ended(10.0)
    assert restarts.due_at == 10.0 + pause
    restarts.started(12.0)
    assert restarts.due_at is None
