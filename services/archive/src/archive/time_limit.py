"""A bound on how long the past may be asked, for those who need no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")


class TooLong(Exception):
    """The time was over before the answer was there."""


class TimeLimit:
    """So many seconds from now on; None: as long as it takes."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @contextmanager
    def over(self, db: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt what the database does when the time is over; raises TooLong."""
        import duckdb

        if self._end is None:
            yield
            return
        timer = threading.Timer(max(self._end - time.monotonic(), 0), db.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
            self._check()
        except duckdb.InterruptException as error:
            raise TooLong from error
        finally:
            timer.cancel()

    def each(self, many: list[T]) -> Iterator[T]:
        """One after another; raises TooLong instead of the next when the time is over."""
        for one in many:
            self._check()
            yield one

    def _check(self) -> None:
        if self._end is not None and time.monotonic() > self._end:
            raise TooLong


NO_LIMIT = TimeLimit()
