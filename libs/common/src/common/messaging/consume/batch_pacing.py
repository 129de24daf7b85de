"""Adaptive pause between batches: trades latency (at most 250 ms) for batch size, since each batch costs a transaction
and a commit whatever its size."""

from __future__ import annotations

MAX_GAP_SECONDS = 0.04
"""Seconds within which a batch follows the one before when its records were already waiting: a commit lies between."""
BUSY_BATCHES = 5
"""Batches in a row that followed at once: records come faster than one batch after the other takes."""
MIN_RECORDS_WORTH_A_PAUSE = 8
"""Records that a pause must have gathered to be followed by another."""
MAX_PAUSE_SECONDS = 0.25
"""What a pause may add to a record's way."""


class BatchPacing:
    """How long a busy consumer waits before it asks for more; an idle one never does. Times are monotonic seconds.

    As long as its last batch took: a moment where batches are quick, and where they are slow, since the machine has
    more to do than it can, long enough that the next one holds twice as much. A patient one, a read side or a loop,
    always takes the longest.
    """

    def __init__(self, full: int, *, patient: bool = False) -> None:
        self._full = full
        self._least = MAX_PAUSE_SECONDS if patient else 0.0
        self._in_a_row = 0
        self._paused = 0.0
        self._ended = float("-inf")

    def pause(self, size: int, started: float, ended: float) -> float:
        """The pause after a batch of `size` records."""
        worth = size >= MIN_RECORDS_WORTH_A_PAUSE or not self._paused
        self._in_a_row = self._in_a_row + 1 if worth and started - self._ended < MAX_GAP_SECONDS else 0
        self._paused = pause = (
            min(MAX_PAUSE_SECONDS, max(self._least, ended - started))
            if self._in_a_row >= BUSY_BATCHES and size < self._full / 2
            else 0.0
        )
        self._ended = ended + pause
        return pause
