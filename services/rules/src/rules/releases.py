"""A layer's next release and when it takes effect. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from common.contracts.trial import TrialPlan
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


def version_after(
    head: Release, tables: dict[str, dict[str, Any]], effective_at: datetime, trials: Sequence[TrialPlan]
) -> Release:
    """The layer's next version, in force from `effective_at`, if that is before its predecessor's time as well."""
    return sealed(
        Release(
            layer=head.layer,
            number=head.number + 1,
            effective_at=effective_at,
            tables=tables,
            previous_hash=head.hash,
            trials=tuple(trials),
        )
    )


def sooner(head: Release, effective_at: datetime) -> Release:
    """The same tables as the layer's next version, in force from `effective_at`. Its predecessor, whose boundary came
    of a wrong clock, never is: of two versions whose time has come the later holds."""
    trials = [plan.model_copy(update={"started_at": min(plan.started_at, effective_at)}) for plan in head.trials]
    return version_after(head, head.tables, effective_at, trials)


def next_release(
    head: Release,
    tables: dict[str, dict[str, Any]],
    effective_at: datetime,
    trials: Sequence[TrialPlan] | None = None,
) -> Release:
    """The layer's next version; never in force before its predecessor. Without `trials` those of the head go on."""
    return version_after(head, tables, max(effective_at, head.effective_at), head.trials if trials is None else trials)
