"""When a process that ended is started again: at once the first time, then ever later, never given up."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""Who lived so long begins anew with the shortest pause."""


@dataclass
class Restarts:
    """The restarts of one process. Moments are seconds of one monotonic clock."""

    started_at: float
    count: int = 0
    """Restarts since it was last steady."""
    due_at: float | None = None
    """When it is to be started again; None while it runs."""

    def ended(self, now: float) -> float:
        """Note that it has ended; returns the pause in seconds before it is started again."""
        if now - self.started_at >= STEADY_SECONDS:
            self.count = 0
        pause = float(min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.count))
        self.count += 1
        self.due_at = now + pause
        return pause

    def started(self, now: float) -> None:
        """Note that it runs again."""
        self.started_at, self.due_at = now, None
