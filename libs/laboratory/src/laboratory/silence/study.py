"""The loop silence: which planted quiet it tells of, how soon, and how often it tells of a quiet where none is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import process_time
from typing import Any

from common.contracts.events.reflex.observations import FindingMade
from common.rulebook.book import ReleaseBook
from reflex.local_days import LocalDays
from reflex.loop import LoopContext
from reflex.loops import silence

from laboratory.in_time import shuffled_in_time
from laboratory.intervals import figure, median_delay
from laboratory.silence.outages import Planted, Quiet, heard, planted
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.watching import Watch, ticks

DAY, HOUR, MONTH = timedelta(days=1), timedelta(hours=1), timedelta(days=30)
QUIETS = {
    Scenario("channel_12h", "a channel of a region brings a fifth of its cases for twelve hours"): Quiet(
        12 * HOUR, 0.8, one_channel=True
    ),
    Scenario("channel_1d", "a channel of a region brings nothing for a day"): Quiet(DAY, 1.0, one_channel=True),
    Scenario("channel_3d", "a channel of a region brings nothing for three days"): Quiet(
        3 * DAY, 1.0, one_channel=True
    ),
    Scenario("storm", "all channels of a region bring three tenths of their cases for a day"): Quiet(
        DAY, 0.7, one_channel=False
    ),
}
NO_FAULT = Scenario("no_fault", "the log as it is", plants=False)
SHUFFLED = Scenario(
    "shuffled", "when a request was made is dealt out anew among its type", plants=False, shuffling=shuffled_in_time
)
GRACE = 2 * DAY
"""Of what was not found, the time that is counted after its end."""


@dataclass(frozen=True, slots=True)
class Ran:
    """`delays` of each planted quiet: hours to the finding, and whether it came. `named`: of those of one channel that
    were found, whether the finding says which."""

    delays: tuple[tuple[float, bool], ...]
    named: tuple[bool, ...]
    false: int
    """Findings about days on which nothing is planted in their region."""
    months: float
    microseconds_a_fact: float


class SilenceStudy:
    """The loop hears the whole log, from its first case, and is judged on the later part."""

    loop = "silence"
    scenarios = tuple(QUIETS)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("found", "found", "of planted quiets"),
        Column("named", "channel named", "of those found"),
        Column("hours", "hours", "to the finding, median"),
        Column("false_a_month", "false", "findings a month, all regions"),
        Column("microseconds_a_fact", "cost", "microseconds a fact, ticks included"),
    )
    aims = (
        Aim("channel_3d", "found", "of channels that are silent for three days", least=0.95),
        Aim("channel_3d", "named", "findings that name the channel", least=0.95),
        Aim("channel_1d", "found", "of channels that are silent for a day", least=0.6),
        Aim("storm", "found", "of days on which seven tenths of a region's cases are lost", least=0.8),
        Aim("no_fault", "false_a_month", "findings a month where nothing is planted", most=1),
        Aim("shuffled", "false_a_month", "findings a month where nothing is planted", most=1),
        Aim("no_fault", "microseconds_a_fact", "microseconds a fact", most=10),
    )
    truth = (
        "Cases of a channel, or of all channels of a region, are taken out of the log from some hour of a working day"
        " on. A quiet is found if a finding of its region is about one of its days. Every finding about another day"
        " counts as false, though the log may have been quiet then."
    )
    circles = (
        "Only channels that bring five cases a day or more in a region are silenced.",
        "The numbers by which something is called silent were chosen on half a year of Boston 2011; figures on that log"
        " flatter the loop.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Ran:
        federation, cases = subject.federation, [*subject.earlier, *subject.cases]
        quiet, begins = QUIETS.get(scenario), subject.cases[0].opened_at
        wrong = [] if quiet is None else planted(cases, begins, quiet, federation, seed)
        loop = silence.build(LoopContext(federation, ReleaseBook(federation.base_releases())))
        watch, said = Watch(loop), list[FindingMade]()
        watch.add(heard(cases, wrong, seed))
        began = process_time()
        for until in ticks(cases[0].opened_at, cases[-1].opened_at):
            said += [one for one in watch.tick(until) if isinstance(one, FindingMade)]
            loop.changed()
        seconds = process_time() - began
        said = [one for one in said if one.found_at >= begins]
        days = LocalDays(federation)
        told = [(one, next((f for f in said if _about(f, one, days)), None)) for one in wrong]
        return Ran(
            tuple(
                ((one.until + GRACE - one.since) / HOUR, False)
                if by is None
                else ((by.found_at - one.since) / HOUR, True)
                for one, by in told
            ),
            tuple(_names(by, one.channel) for one, by in told if by is not None and one.channel is not None),
            sum(not any(_about(finding, one, days) for one in wrong) for finding in said),
            (cases[-1].opened_at - begins) / MONTH,
            1e6 * seconds / max(watch.given, 1),
        )

    def figures(self, runs: Sequence[Ran]) -> Mapping[str, Any]:
        return {
            "planted": sum(len(run.delays) for run in runs),
            "found": figure(runs, lambda rs: _mean([found for r in rs for _, found in r.delays])),
            "named": figure(runs, lambda rs: _mean([named for r in rs for named in r.named])),
            "hours": figure(runs, lambda rs: median_delay([d for r in rs for d in r.delays])),
            "false_a_month": figure(runs, lambda rs: sum(r.false for r in rs) / sum(r.months for r in rs)),
            "microseconds_a_fact": figure(runs, lambda rs: _mean([r.microseconds_a_fact for r in rs])),
        }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _about(finding: FindingMade, quiet: Planted, days: LocalDays) -> bool:
    """Whether a finding is of the region, and of one of the quiet's days."""
    numbers = finding.numbers
    if numbers["region"] != quiet.region:
        return False
    first, last = (days.day_of(quiet.region, at) for at in (quiet.since, quiet.until))
    return first <= date.fromisoformat(numbers["day"]) <= last


def _names(finding: FindingMade, channel: str) -> bool:
    return any(one["name"] == channel for one in finding.numbers["channels"])
