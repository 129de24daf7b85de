"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from channels.delivery.pacing import FIRST_PAUSE, LONGEST_PAUSE, next_try

TAKEN = datetime(2011, 7, 1, 14, tzinfo=UTC)
TERM = timedelta(hours=72)


def pause(tries: int, after: timedelta | None = None, now: datetime = TAKEN) -> timedelta | None:
    at = next_try(now, TAKEN, tries, after, TERM)
    return None if at is None else at - now


def test_pauses_double_up_to_the_longest() -> None:
    assert [pause(n) for n in (1, 2, 3)] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pause(500) == LONGEST_PAUSE


def test_the_far_sides_own_word_lengthens_a_pause_and_never_shortens_it() -> None:
    assert pause(1, timedelta(hours=2)) == timedelta(hours=2)
    assert pause(3, timedelta(seconds=1)) == 4 * FIRST_PAUSE


def test_the_last_try_is_at_the_end_of_the_term_and_then_it_is_given_up() -> None:
    late = TAKEN + TERM - timedelta(seconds=1)
    assert pause(1, now=late) == timedelta(seconds=1)
    assert pause(1, timedelta(days=30)) == TERM
    assert pause(9, now=TAKEN + TERM) is None
