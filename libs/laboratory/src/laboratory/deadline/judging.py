"""One run of the loop deadline against the times that cases really took, and against what was planted in them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.federation.country import Federation
from reflex.loops.deadline.judgement import estimate
from reflex.loops.deadline.settings import Settings
from reflex.loops.deadline.survival import Seen, curve_of
from reflex.loops.deadline.watched import WatchedCase

from laboratory.deadline.driving import Made, Run, Timed
from laboratory.deadline.planting import Planted
from laboratory.logged_case import LoggedCase

FEWEST_AFTER = 60
"""Deadlines of a type after its fault, for its finding to be asked for."""
NEXT_CASES = 60
"""An alarm is judged by so many later deadlines of its type, and by no fewer than `FEWEST_NEXT`."""
FEWEST_NEXT = 10
SEEN = 0.1
"""By so much the share of missed deadlines must rise for a slow-down to show at the deadline."""
LARGE = 120
"""Cases of a type in the replay, for its changes to be counted a year."""
FEWEST_SCORED = 20
LEAST_SHARE = 0.5
"""Of a forecast's horizon that must be over for it to be scored."""
FOLLOW_UP = timedelta(days=56)
"""Between an estimate and the end of the log."""
SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Found:
    """One planted type: how many deadlines, and days, passed from the fault to the first alarm."""

    deadlines: int
    days: float
    found: bool
    shows: bool
    """The share of missed deadlines rises by `SEEN`."""


@dataclass(frozen=True, slots=True)
class Forecasted:
    """What a proposal promised, and the percentage that came."""

    planted: bool
    expected: float
    low: float
    high: float
    came: float

    @property
    def held(self) -> bool:
        return self.low <= self.came <= self.high


@dataclass
class Judged:
    """One run."""

    cases: int
    years: float
    large: int
    """Types of LARGE cases."""
    errors: list[float] = field(default_factory=list)
    """Absolute logarithms of an estimate over what all cases took in the end, a type and date."""
    changes: int = 0
    """Adopted ones of large types."""
    reversals: int = 0
    """Of these, those in the other direction than the one before."""
    proposals: int = 0
    again: int = 0
    """Proposals about a row after its first."""
    too_short: int = 0
    """Proposals of a shorter limit than the cases took in the end that it was estimated from."""
    drifts: int = 0
    """Alarms where nothing is planted."""
    false: int = 0
    """Of these, those after which cases took no longer than usual."""
    capacity: int = 0
    too_short_planted: int = 0
    """Of these, those about a planted type."""
    lengthened_late: int = 0
    """Longer limits proposed for a planted type between an alarm and its end."""
    lengthened: int = 0
    """Longer limits proposed for a type after something was planted in it, a season as well."""
    ratified: int = 0
    """Of these, those about limits that would have done without what was planted."""
    found: list[Found] = field(default_factory=list)
    forecasts: list[Forecasted] = field(default_factory=list)
    in_time: float = 0.0
    """Share of cases that were answered within the limit that they were given."""
    microseconds_a_fact: float = 0.0


def judge(
    run: Run, planted: Sequence[Planted], federation: Federation, cases: Sequence[LoggedCase], *, slowed: bool
) -> Judged:
    """`cases`: as they were driven; `slowed`: what is planted is to be found as a slow-down."""
    by_type: dict[str, list[Timed]] = defaultdict(list)
    for case in run.cases:
        by_type[case.category].append(case)
    since = {p.category: p.since for p in planted}
    large = {category for category, own in by_type.items() if len(own) >= LARGE}
    years = (run.until - run.since) / timedelta(days=365.25)
    due = [c for c in run.cases if c.due < run.until]
    judged = Judged(
        len(run.cases), years, len(large), proposals=len(run.proposals),
        in_time=sum(not c.missed for c in due) / max(1, len(due)),
        microseconds_a_fact=1e6 * run.loop_seconds / max(1, run.facts),
        capacity=sum(f.kind == "capacity" for f in run.findings),
    )  # fmt: skip
    judged.errors = errors(run, federation, cases)
    _count_changes(run, judged, by_type, large, since)
    _count_alarms(run, judged, by_type, since)
    judged.found = [f for p in planted if slowed and (f := _found(run, by_type[p.category], p)) is not None]
    scored = (_forecasted(run, by_type[m.category], m, since) for m in run.proposals)
    judged.forecasts = [f for f in scored if f is not None]
    return judged


def errors(run: Run, federation: Federation, cases: Sequence[LoggedCase]) -> list[float]:
    """The loop's estimate of the wanted quantile, at the latest date that leaves FOLLOW_UP and two weeks and four weeks
    before it, against the same of the same cases with all that the log knows."""
    found: list[float] = []
    truth = {t.case_id: t for t in run.cases}
    for weeks in (0, 2, 4):
        now = run.until - FOLLOW_UP - timedelta(weeks=weeks)
        cohorts: dict[str, list[LoggedCase]] = defaultdict(list)
        for case in cases:
            recent = now - timedelta(days=SETTINGS.window_days) <= case.opened_at < now
            if case.cell is not None and case.case_id in truth and recent:
                cohorts[case.cell[0]].append(case)
        for cohort in cohorts.values():
            if len(cohort) >= SETTINGS.min_cases:
                error = _error(cohort, truth, federation, now)
                if error is not None:
                    found.append(error)
    return found


def _error(
    cohort: Sequence[LoggedCase], truth: Mapping[str, Timed], federation: Federation, now: datetime
) -> float | None:
    watched, final = [], []
    first = min(c.opened_at for c in cohort)
    for case in cohort:
        timed = truth[case.case_id]
        calendar = federation.calendar(case.where.region)
        known = timed.answered is not None and timed.answered < now
        watched.append(
            WatchedCase(
                case.case_id, "", case.where.region, "", "", case.opened_at.isoformat(),
                calendar.minutes_between(first, case.opened_at),
                timed.limit, "", "", spent=timed.minutes if known else None,
            )
        )  # fmt: skip
        final.append(timed)
    clocks = {w.region: federation.calendar(w.region).minutes_between(first, now) for w in watched}
    seen = estimate(watched, watched[0].limit, clocks, SETTINGS, now).quantile
    really = needed(final)
    if math.isinf(seen) or math.isinf(really):
        return None
    return abs(math.log(max(seen, 1) / max(really, 1)))


def needed(cases: Sequence[Timed]) -> float:
    """Working minutes in which the wanted share of cases was answered, with all that the log knows."""
    return curve_of(Seen(c.minutes, answered=c.answered is not None) for c in cases).quantile(SETTINGS.quantile)


def _too_short(own: Sequence[Timed], made: Made) -> bool:
    """Whether the proposed limit is shorter than the present one, and than the cases that it was estimated from took
    in the end, by more than is left as it is."""
    before, after = made.limits
    first = made.at - timedelta(days=SETTINGS.window_days)
    took = needed([c for c in own if first <= c.received < made.at])
    return after < before and after * (1 + SETTINGS.dead_band) < took


def _count_changes(
    run: Run, judged: Judged, by_type: Mapping[str, Sequence[Timed]], large: set[str], since: Mapping[str, datetime]
) -> None:
    told = Counter[str]()
    last: dict[str, int] = {}
    for made in run.proposals:
        before, after = made.limits
        short = _too_short(by_type[made.category], made)
        judged.too_short += short
        judged.too_short_planted += short and made.category in since
        judged.again += told[made.category] > 0
        told[made.category] += 1
        begins = since.get(made.category)
        if begins is not None and made.at >= begins:
            judged.lengthened_late += after > before and _late(run, made)
        if made.effective_at is not None and made.category in large:
            judged.changes += 1
            judged.reversals += last.get(made.category, 0) * (after - before) < 0
            last[made.category] = after - before


def _late(run: Run, made: Made) -> bool:
    """Whether an alarm about the type is open."""
    told = [f.kind for f in run.findings if f.numbers.get("category") == made.category and f.found_at <= made.at]
    alarms = [kind for kind in told if kind in ("drift", "drift_over")]
    return bool(alarms) and alarms[-1] == "drift"


def _count_alarms(
    run: Run, judged: Judged, by_type: Mapping[str, Sequence[Timed]], since: Mapping[str, datetime]
) -> None:
    for found in run.findings:
        category = str(found.numbers.get("category"))
        begins = since.get(category)
        if found.kind != "drift" or (begins is not None and found.found_at >= begins):
            continue
        judged.drifts += 1
        later = sorted((c for c in by_type[category] if found.found_at < c.due < run.until), key=lambda c: c.due)
        if len(later) >= FEWEST_NEXT:
            judged.false += not _borne_out(found.numbers, later[:NEXT_CASES])


def _borne_out(numbers: Mapping[str, Any], later: Sequence[Timed]) -> bool:
    """Whether more cases take longer than the time that an alarm names, or more miss the deadline, than is usual."""
    mark = int(numbers["mark"])
    return _more(sum(c.minutes > mark for c in later), len(later), float(numbers["usually_longer"])) or _more(
        sum(c.missed for c in later), len(later), float(numbers["usual"])
    )


def _more(count: int, cases: int, usual: float) -> bool:
    """By more than one standard deviation."""
    return count / cases > usual + math.sqrt(usual * (1 - usual) / cases)


def _found(run: Run, own: Sequence[Timed], fault: Planted) -> Found | None:
    """None where the type has too few deadlines after its fault."""
    after = sorted((c for c in own if c.received >= fault.since and c.due < run.until), key=lambda c: c.due)
    if len(after) < FEWEST_AFTER:
        return None
    before = [c.missed for c in own if c.received < fault.since and c.due < run.until]
    rise = sum(c.missed for c in after) / len(after) - (sum(before) / len(before) if before else 0.0)
    alarms = (f for f in run.findings if f.kind == "drift" and f.numbers.get("category") == fault.category)
    first = next((f.found_at for f in alarms if f.found_at > fault.since), None)
    until = first or run.until
    return Found(
        sum(c.due <= until for c in after), (until - fault.since) / timedelta(days=1), first is not None, rise >= SEEN
    )


def _forecasted(run: Run, own: Sequence[Timed], made: Made, since: Mapping[str, datetime]) -> Forecasted | None:
    """None where the proposal was not adopted, or too little of its horizon is over."""
    forecast, begins = made.command.forecast, made.effective_at
    if forecast is None or begins is None:
        return None
    horizon = timedelta(days=forecast.horizon_days)
    limit = made.limits[1]
    held = [c for c in own if begins <= c.received < begins + horizon and c.limit == limit and c.due < run.until]
    if len(held) < FEWEST_SCORED or max(c.received for c in held) < begins + LEAST_SHARE * horizon:
        return None
    came = 100 * sum(not c.missed for c in held) / len(held)
    planted = made.category in since
    return Forecasted(planted, forecast.expected, forecast.low, forecast.high, came)
