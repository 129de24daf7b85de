"""Whether limits were made longer for a delay that was planted: what the same cases would have needed without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from common.federation.country import Federation
from reflex.loops.deadline.survival import Seen, curve_of

from laboratory.deadline.driving import Made, Run, Timed
from laboratory.deadline.judging import SETTINGS
from laboratory.deadline.planting import Planted
from laboratory.logged_case import LoggedCase


def lengthened(
    run: Run, planted: Sequence[Planted], federation: Federation, cases: Sequence[LoggedCase]
) -> tuple[int, int]:
    """Longer limits proposed for types after something was planted in them, and how many of these were about limits
    that would have done, within what is left as it is, for the cases as the log has them. `cases`: as they were driven.
    """
    since = {p.category: p.since for p in planted}
    logged = {case.case_id: case for case in cases}
    longer = [
        made
        for made in run.proposals
        if made.limits[1] > made.limits[0] and made.category in since and made.at >= since[made.category]
    ]
    needs = [_needed(run, made, federation, logged) for made in longer]
    would_do = [m.limits[0] * (1 + SETTINGS.dead_band) >= need for m, need in zip(longer, needs, strict=True)]
    return len(longer), sum(would_do)


def _needed(run: Run, made: Made, federation: Federation, logged: Mapping[str, LoggedCase]) -> float:
    """Working minutes in which the wanted share of the cases that it was estimated from was answered by the log."""
    first = made.at - timedelta(days=SETTINGS.window_days)
    own = (c for c in run.cases if c.category == made.category and first <= c.received < made.at)
    return curve_of(_seen(run, case, federation, logged[case.case_id]) for case in own).quantile(SETTINGS.quantile)


def _seen(run: Run, case: Timed, federation: Federation, logged: LoggedCase) -> Seen:
    closed = logged.closed_at
    answered = closed is not None and case.received <= closed < run.until
    end = closed if answered and closed is not None else run.until
    return Seen(federation.calendar(logged.where.region).minutes_between(case.received, end), answered=answered)
