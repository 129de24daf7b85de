"""Whether the time to answer calls for another limit, or for more capacity under the one there is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reflex.loops.deadline.settings import Settings
from reflex.loops.deadline.standing_answers import standing_answers
from reflex.loops.deadline.survival import Curve, Seen, curve_of
from reflex.loops.deadline.watched import WatchedCase

NORMAL = 2.33
"""Standard deviations of a 98 % interval: a row is looked at every week, so that one of 90 % is left by chance."""
STEP_MINUTES = 30
"""Limits are whole half hours."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The time to answer of a row's last cases, in working minutes."""

    cases: int
    answered: int
    quantile: float
    """By when the wanted share is answered; infinite where fewer are."""
    low: float
    high: float
    """The interval of 98 % of that."""
    in_time: float
    """Share answered within the limit in force."""
    curve: Curve
    days: float
    """Since the first of the cases was received."""


class Verdict(StrEnum):
    """What follows from an estimate."""

    KEEP = "keep"
    CHANGE = "change"
    CAPACITY = "capacity"
    """The wanted share is not reached within the longest limit that may be."""


def estimate(
    cases: Sequence[WatchedCase], limit: int, clocks: dict[str, int], settings: Settings, now: datetime
) -> Estimate:
    """`cases` in order of receipt; `clocks`: working minutes from the calendar's beginning until now, by region."""
    stands = standing_answers(cases, settings.reopened_days, now)
    all_stand = stands.all_stand
    seen: list[Seen] = []
    answered = 0
    for case in cases:
        if case.spent is None:
            seen.append(Seen(case.age(clocks[case.region]), answered=False))
            continue
        answered += 1
        chance = 1.0 if all_stand else stands.chance(case)
        seen.append(Seen(case.spent, answered=True, weight=chance))
        if chance < 1:
            open_age = max(case.age(clocks[case.region]), case.spent)
            seen.append(Seen(open_age, answered=False, weight=1 - chance))
    curve, wanted = curve_of(seen), settings.quantile
    spread = max(math.sqrt(wanted * (1 - wanted) / max(1, len(cases))), curve.spread(wanted))
    return Estimate(
        cases=len(cases), answered=answered, quantile=curve.quantile(wanted),
        low=curve.quantile(wanted - NORMAL * spread), high=curve.quantile(min(1.0, wanted + NORMAL * spread)),
        in_time=curve.share(limit), curve=curve,
        days=(now - datetime.fromisoformat(cases[0].received)) / timedelta(days=1),
    )  # fmt: skip


def judge(found: Estimate, limit: int, cap: int, settings: Settings) -> tuple[Verdict, int]:
    """The verdict, and the limit that follows from it: the present one where none does."""
    if found.cases < settings.min_cases:
        return Verdict.KEEP, limit
    if found.low > cap and found.curve.known_until >= cap:
        return Verdict.CAPACITY, limit
    if math.isinf(found.quantile) or found.quantile > cap:
        return Verdict.KEEP, limit
    wanted = min(cap, max(min(settings.least_minutes, limit), _rounded(found.quantile)))
    if wanted < limit and found.days < settings.reopened_days:
        # Answers that are reopened look fast until they are.
        return Verdict.KEEP, limit
    differs = abs(math.log(wanted / limit)) >= math.log(1 + settings.dead_band)
    beyond = limit > found.high or limit < found.low
    return (Verdict.CHANGE, wanted) if differs and beyond else (Verdict.KEEP, limit)


def _rounded(minutes: float) -> int:
    return math.ceil(minutes / STEP_MINUTES) * STEP_MINUTES


def times_slower(cases: Sequence[WatchedCase], began: str, clocks: dict[str, int]) -> float | None:
    """How many times longer answers take to cases received since, by the median or else by the first quarter; None
    where either is not seen or nothing."""
    curves = []
    for since in (False, True):
        seen = [c for c in cases if (c.received >= began) == since]
        curves.append(
            curve_of(
                Seen(c.age(clocks[c.region]) if c.spent is None else c.spent, answered=c.spent is not None)
                for c in seen
            )
        )
    for share in (0.5, 0.25):
        before, after = (curve.quantile(share) for curve in curves)
        if 0 < before < math.inf and after < math.inf:
            return round(after / before, 1)
    return None
