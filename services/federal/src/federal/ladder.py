"""The ladder as the release of a case says it: table `escalation`, by level and priority."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from common.contracts.events.base import Because
from common.messaging.failures import TransientError
from common.rulebook import ReleaseBook, ReleaseMissing

from federal.model import Recipient, Rung


class Ladder:
    """Rungs, remembered by release: a release never changes."""

    def __init__(self, book: ReleaseBook, default_region: str) -> None:
        self._book = book
        self._default_region = default_region
        self._known: dict[tuple[str, int, int], Rung | None] = {}

    def rung(self, release: str, region: str | None, level: int, priority: int, now: datetime) -> Rung | None:
        """The rung by the case's own release, or by the one in force where the case has none yet.

        None where the table has no row. Raises TransientError while the release is not known here.
        """
        try:
            if release:
                found = self._known.get((release, level, priority))
                if found is None and (release, level, priority) not in self._known:
                    found = self._read(release, level, priority)
                    self._known[(release, level, priority)] = found
                return found
            return self._read(self._book.in_force(region or self._default_region, now).release, level, priority)
        except ReleaseMissing as missing:
            raise TransientError(str(missing)) from missing

    def _read(self, release: str, level: int, priority: int) -> Rung | None:
        decision = self._book.get(release).decide("escalation", level=level, priority=priority)
        if decision is None:
            return None
        out = decision.outputs
        because = tuple(
            Because(
                layer=hit.layer, number=hit.number, table=hit.table, row_id=hit.row_id,
                inputs={"level": level, "priority": priority}, outputs=dict(hit.outputs),
            )
            for hit in decision.because
        )  # fmt: skip
        return Rung(int(out["after_minutes"]), cast(Recipient, out["to"]), bool(out["directive"]), because)
