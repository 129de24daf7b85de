"""A layer's next release and when it takes effect. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from common.rulebook import Release, sealed

from rules.model import Tick

MINUTE = timedelta(minutes=1)


def boundary_after(now: datetime, tick: Tick | None) -> datetime:
    """The first tick boundary later than `now` and than the last tick, which is settled.

    Before the first tick a boundary is a whole minute.
    """
    if tick is None:
        return now.replace(second=0, microsecond=0) + MINUTE
    length = (tick.until - tick.since) or MINUTE
    steps = max(0, (now - tick.until) // length) + 1
    return tick.until + steps * length


def sooner(head: Release, effective_at: datetime) -> Release:
    """The same tables as the layer's next version, in force from `effective_at`. Its predecessor, whose boundary came
    of a wrong clock, never is: of two versions whose time has come the later holds."""
    return sealed(
        Release(
            layer=head.layer,
            number=head.number + 1,
            effective_at=effective_at,
            tables=head.tables,
            previous_hash=head.hash,
        )
    )


def next_release(head: Release, tables: dict[str, dict[str, Any]], effective_at: datetime) -> Release:
    """The layer's next version; never in force before its predecessor."""
    return sealed(
        Release(
            layer=head.layer,
            number=head.number + 1,
            effective_at=max(effective_at, head.effective_at),
            tables=tables,
            previous_hash=head.hash,
        )
    )
