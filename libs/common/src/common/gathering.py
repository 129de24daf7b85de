"""A batch has a price of its own, whatever its size: under load fewer and bigger ones pay."""

from __future__ import annotations

AT_ONCE = 0.04
"""Seconds within which a batch follows the one before when its records were already waiting: a commit lies between."""
BUSY = 5
"""Batches in a row that followed at once: the consumer is not keeping up, so latency is lost anyway."""
PAUSE = 0.05


class Gathering:
    """How long a busy consumer waits before it asks for more; an idle one never does. Times are monotonic seconds."""

    def __init__(self, full: int) -> None:
        self._full = full
        self._in_a_row = 0
        self._ended = float("-inf")

    def pause(self, size: int, started: float, ended: float) -> float:
        """The pause after a batch of `size` records."""
        self._in_a_row = self._in_a_row + 1 if started - self._ended < AT_ONCE else 0
        pause = PAUSE if self._in_a_row >= BUSY and size < self._full / 2 else 0.0
        self._ended = ended + pause
        return pause
