"""The emergence loop: which bursts it warns of and how soon, how often it warns of anything, and whether it sees the
log's own storms in the morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.warnings import WarningRaised

from laboratory.emergence.base import Base, drive, go_on
from laboratory.emergence.bursts import Burst, models
from laboratory.emergence.storms import storms
from laboratory.in_time import shuffled_in_time
from laboratory.intervals import figure, median_delay
from laboratory.logged_case import LoggedCase
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject

BURSTS = {
    Scenario("burst_8", "8 reports in a day within 250 m"): Burst(8, 1, 250),
    Scenario("burst_15", "15 reports in a day within 250 m"): Burst(15, 1, 250),
    Scenario("burst_28", "28 reports in seven days within 250 m"): Burst(28, 7, 250),
    Scenario("wide_15", "15 reports in a day within 1,500 m"): Burst(15, 1, 1500),
    Scenario("hour_15", "15 reports in an hour within 250 m, on channels as the log's cases"): Burst(
        15, 1 / 24, 250, on_all_channels=True
    ),
    Scenario("hour_15_one", "15 reports in an hour within 250 m, all on one channel"): Burst(15, 1 / 24, 250),
}
STORM = Scenario("storm", "the log's own: days with eight times the usual cases of a category, fifty at least")
NO_FAULT = Scenario("no_fault", "the log as it is", plants=False)
SHUFFLED = Scenario(
    "shuffled", "when a request was made is dealt out anew among its type", plants=False, shuffling=shuffled_in_time
)
PLANTED_IN_A_RUN = 8
WITHIN = timedelta(days=11)
OF_ITS_OWN = 3
"""Planted cases that a warning must name, to be about them."""
NOON = 12.0
CASES = 1300


@dataclass(frozen=True, slots=True)
class Ran:
    """`delays` of planted bursts: days from the first report, and whether it was found. `storm_hours`: at which hour of
    its first day each storm was warned of; 24 where it was not."""

    delays: tuple[tuple[float, bool], ...]
    alarms: int
    cases: int
    storm_hours: tuple[float, ...]
    median_us: float | None
    p99_us: float | None
    """None where the log has no case that the loop looks at."""


class EmergenceStudy:
    """Each burst is planted alone, into the loop's state as it was then: others in the same weeks would raise its
    threshold."""

    loop = "emergence"
    scenarios = (*BURSTS, STORM)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("found", "found", "of planted bursts"),
        Column("delay", "delay", "days, median"),
        Column("alarms", "alarms", "for 1,300 cases"),
        Column("storms_by_noon", "storms by noon", "of the log's own"),
        Column("storm_hour", "storm hour", "of the first warning, mean"),
        Column("median_us", "cost", "microseconds, median"),
        Column("p99_us", "cost", "microseconds, 99 %"),
    )
    aims = (
        Aim("no_fault", "alarms", "alarms for 1,300 cases", most=1),
        Aim("shuffled", "alarms", "alarms for 1,300 cases", most=1),
        Aim("burst_15", "found", "of bursts of 15 in a day within 250 m", least=0.9),
        Aim("burst_28", "found", "of bursts of 28 in a week within 250 m", least=0.85),
        Aim("wide_15", "found", "of bursts of 15 in a day over 1.5 km", least=0.35),
        Aim("storm", "storms_by_noon", "of storms, warned of by noon", least=1),
        Aim("no_fault", "median_us", "microseconds an event, median", most=60),
        Aim("no_fault", "p99_us", "microseconds an event, 99 %", most=1000),
    )
    truth = (
        "A burst is found if a warning names three of its cases or more, or a finding of its category and area, which"
        " the log without it does not bring, falls within eleven days of its first report. Every alarm in the log as it"
        " is counts as one too many, those about real events too."
    )
    circles = (
        "The loop finds its threshold in the weeks before, as it does where it runs; no figure of the later part is"
        " used for it.",
        "How the scan weighs the rest of the region and a category's clumps was chosen on half a year of Boston 2011;"
        " figures on that log flatter it.",
        "A burst lies around a case of the log: where people report more, there are more of them.",
    )

    def __init__(self) -> None:
        self._known: tuple[Subject, Base] | None = None

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Ran:
        base = self._base(subject)
        burst = BURSTS.get(scenario)
        delays: list[tuple[float, bool]] = []
        if burst is not None:
            last = subject.cases[-1].opened_at - WITHIN
            ground = [c for c in base.watched if subject.cases[0].opened_at <= c.opened_at <= last]
            random = Random(f"bursts:{scenario.name}:{seed}")
            for number, model in enumerate(models(ground, PLANTED_IN_A_RUN, random)):
                planted = burst.cases(model, f"planted-{number}", random, ground)
                delays.append(_delay(subject, base, planted))
        return Ran(
            tuple(delays),
            *_alarms(subject, base),
            _storm_hours(subject, base),
            *_cost(base.seconds if base.watched else ()),
        )

    def _base(self, subject: Subject) -> Base:
        if self._known is None or self._known[0] is not subject:
            self._known = (subject, drive(subject))
        return self._known[1]

    def figures(self, runs: Sequence[Ran]) -> Mapping[str, Any]:
        return {
            "found": figure(runs, lambda rs: _mean([ok for r in rs for _, ok in r.delays])),
            "delay": figure(runs, lambda rs: median_delay([d for r in rs for d in r.delays])),
            "alarms": figure(runs, _alarms_for_so_many),
            "storms_by_noon": figure(runs, lambda rs: _mean([hour < NOON for r in rs for hour in r.storm_hours])),
            "storm_hour": figure(runs, lambda rs: _mean([hour for r in rs for hour in r.storm_hours])),
            "median_us": figure(runs, lambda rs: _mean([r.median_us for r in rs if r.median_us is not None])),
            "p99_us": figure(runs, lambda rs: _mean([r.p99_us for r in rs if r.p99_us is not None])),
        }


def _alarms_for_so_many(runs: Sequence[Ran]) -> float | None:
    cases = sum(run.cases for run in runs)
    return CASES * sum(run.alarms for run in runs) / cases if cases else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _delay(subject: Subject, base: Base, planted: Sequence[LoggedCase]) -> tuple[float, bool]:
    began = planted[0].opened_at
    until = began + WITHIN
    ids = {case.case_id for case in planted}
    known = {(f.key, f.found_at) for f in base.said if isinstance(f, FindingMade)}
    found = []
    for one in go_on(subject, base, planted, until):
        if isinstance(one, WarningRaised):
            if len(ids.intersection(one.cases)) >= OF_ITS_OWN:
                found.append(one.raised_at)
        elif (one.key, one.found_at) not in known and _about(one, planted[0]):
            found.append(one.found_at)
    first = min((at for at in found if at >= began), default=until)
    return (first - began) / timedelta(days=1), first < until


def _about(finding: FindingMade, case: LoggedCase) -> bool:
    numbers = finding.numbers
    return (numbers["category"], numbers["area"]) == case.cell


def _alarms(subject: Subject, base: Base) -> tuple[int, int]:
    """In the later part: warnings and findings, and cases that were watched."""
    since = subject.cases[0].opened_at
    times = [one.raised_at if isinstance(one, WarningRaised) else one.found_at for one in base.said]
    return sum(at >= since for at in times), sum(case.opened_at >= since for case in base.watched)


def _storm_hours(subject: Subject, base: Base) -> tuple[float, ...]:
    """Storms of the whole log, since a federation may be learnt from the part in which they lie."""
    zone, hours = ZoneInfo(subject.federation.timezone), []
    for storm in storms(base.watched, zone):
        warned = [one for one in base.said if isinstance(one, WarningRaised) and one.category == storm.category]
        local = [one.raised_at.astimezone(zone) for one in warned]
        hours.append(min((at.hour + at.minute / 60 for at in local if at.date() == storm.day), default=24.0))
    return tuple(hours)


def _cost(seconds: Sequence[float]) -> tuple[float | None, float | None]:
    if not seconds:
        return None, None
    ranked = sorted(seconds)
    return 1e6 * ranked[len(ranked) // 2], 1e6 * ranked[len(ranked) * 99 // 100]
