"""Adaptive pause between batches: trades latency (at most 250 ms on a message's way, a second in read sides) for batch
size, since each batch costs a transaction and a commit whatever its size."""

from __future__ import annotations

MAX_GAP_SECONDS = 0.04
"""Seconds within which a batch follows the one before when its records were already waiting: a commit lies between."""
PATIENT_GAP_SECONDS = 0.15
"""The same for a read side or a loop, which may be slower to ask for more than records are to come."""
BUSY_BATCHES = 5
"""Batches in a row that followed at once: records come faster than one batch after the other takes."""
MIN_RECORDS_WORTH_A_PAUSE = 8
"""Records that a pause must have gathered to be followed by another."""
MAX_PAUSE_SECONDS = 0.25
"""What a pause may add to a record's way."""
PATIENT_PAUSE_SECONDS = 1.0
"""The same in a read side or a loop, which is on no message's way, once a first pause was worth it."""


class BatchPacing:
    """How long a busy consumer waits before it asks for more; an idle one never does. Times are monotonic seconds.

    As long as its last batch took: a moment where batches are quick, and where they are slow, since the machine has
    more to do than it can, long enough that the next one holds twice as much. A patient one, a read side or a loop,
    begins with the longest and goes on with one that is longer still.
    """

    def __init__(self, full: int, *, patient: bool = False) -> None:
        self._full = full
        self._patient = patient
        self._in_a_row = 0
        self._paused = 0.0
        self._ended = float("-inf")

    def pause(self, size: int, started: float, ended: float) -> float:
        """The pause after a batch of `size` records."""
        worth = size >= MIN_RECORDS_WORTH_A_PAUSE or not self._paused
        gap = PATIENT_GAP_SECONDS if self._patient else MAX_GAP_SECONDS
        self._in_a_row = self._in_a_row + 1 if worth and started - self._ended < gap else 0
        if self._in_a_row < BUSY_BATCHES or size >= self._full / 2:
            pause = 0.0
        elif self._patient:
            pause = PATIENT_PAUSE_SECONDS if self._paused else MAX_PAUSE_SECONDS
        else:
            pause = min(MAX_PAUSE_SECONDS, ended - started)
        self._paused, self._ended = pause, ended + pause
        return pause
