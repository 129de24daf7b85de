"""When so much goes to dead letters that something else is wrong: stop instead of pouring it all in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class StopLimit:
    """Bounds on dead letters among records that our own services wrote."""

    run: int = 100
    """This many in a row stop the consumer."""
    ratio: float = 0.5
    """So does a larger share than this of the last `window` records."""
    window: int = 400


class Stopped(Exception):
    """The stop limit was reached; an operator must look and restart."""


class Judge:
    """Remembers how the latest records ended."""

    def __init__(self, limit: StopLimit) -> None:
        self._limit = limit
        self._recent: deque[bool] = deque(maxlen=max(limit.window, limit.run))

    def allow(self, failed: Iterable[bool]) -> deque[bool]:
        """What would be remembered after these records; give it to `remember` once they are committed.

        Raises Stopped when it passes a limit.
        """
        recent = deque(self._recent, maxlen=self._recent.maxlen)
        recent.extend(failed)
        if True not in recent:
            return recent
        run = 0
        for bad in reversed(recent):
            if not bad:
                break
            run += 1
        last = list(recent)[-self._limit.window :]
        share = sum(last) / len(last) if last else 0.0
        if run >= self._limit.run or (len(last) == self._limit.window and share > self._limit.ratio):
            raise Stopped(
                f"{run} dead letters in a row, {share:.0%} of the last {len(last)} records of our own services;"
                " the last batch was not committed: look at the reasons in the log, mend the cause, restart"
            )
        return recent

    def remember(self, recent: deque[bool]) -> None:
        self._recent = recent
