"""The loop deadline on the times that a log's cases took, as they are and slowed down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from laboratory.deadline.driving import Drive
from laboratory.deadline.figures import figures
from laboratory.deadline.judging import Judged, judge
from laboratory.deadline.planting import FAULTS, NO_FAULT, SHUFFLED, course, planted, slowed
from laboratory.deadline.ratifying import lengthened
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import thinned


class DeadlineStudy:
    """Every proposal is adopted three days after it was made, also one that needs a person."""

    loop = "deadline"
    scenarios = tuple(FAULTS)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("quantile_error", "error", "of the wanted quantile, in logarithms, median"),
        Column("changes", "changes", "a type and year"),
        Column("reversals", "reversals", "a type and year"),
        Column("found_soon", "found", "of planted types, within 60 deadlines"),
        Column("showing_found_soon", "found where it shows", "the same, of types with 10 points more missed"),
        Column("alarms_per_10k", "alarms", "in 10,000 cases, where nothing is planted"),
        Column("false_per_10k", "false", "of these, not borne out by the log"),
        Column("too_short", "too short", "limits below what the cases took in the end, a run"),
        Column("ratified", "ratified", "limits made longer that would have done without what is planted, a run"),
        Column("capacity", "capacity", "findings a run"),
        Column("held", "held", "of forecasts of 90 %"),
        Column("in_time", "in time", "of all cases, by the limit they were given"),
    )
    aims = (
        Aim("no_fault", "quantile_error", "error of the wanted quantile in logarithms", most=0.03),
        Aim("no_fault", "changes", "changes a type and year", most=5),
        Aim("no_fault", "reversals", "reversals a type and year", most=1.5),
        Aim("slow_down_2", "found_soon", "slow-downs found within 60 deadlines", least=0.8),
        Aim("no_fault", "false_per_10k", "false alarms in 10,000 cases", most=2),
        Aim("shuffled", "alarms_per_10k", "alarms in 10,000 cases", most=2),
        Aim("slow_down_2", "lengthened_late", "limits made longer while an alarm is open", most=0),
        *(
            Aim(name, "ratified", "limits made longer that would have done without the delay, a run", most=0)
            for name in ("slow_down_2", "gradual_drift", "season")
        ),
        Aim("fake_closing", "too_short_planted", "limits of planted types below what cases took, a run", most=0),
        Aim("no_fault", "held", "forecasts of 90 % that held, at least", least=0.85),
        Aim("slow_down_2", "held", "forecasts of 90 % that held, at least", least=0.85),
    )
    truth = (
        "The truth about a case is the time that it took by the log, or what the planted fault makes of it. The loop"
        " sees openings, answers and reopenings as they come."
    )
    circles = (
        "Closing in the log is taken for an answer; desks do not work to the limit, so a new limit changes nothing in"
        " the times that cases take.",
        "An alarm where nothing is planted is false if of the next 60 deadlines no more than usual take longer than the"
        " usual median, nor are missed: the loop cannot know that a delay of a few days will pass.",
        "A forecast is scored as far as the log goes, from half of its horizon on.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Judged:
        wrong = planted(subject.cases, scenario, seed)
        since = {p.category: p.since for p in wrong}
        cases = thinned(subject.cases, 0 if scenario.shuffling else seed)
        courses = {case.case_id: course(case, since, scenario, seed) for case in cases}
        run = Drive(subject.federation, cases, courses).run()
        told = wrong if scenario.plants else []
        judged = judge(run, told, subject.federation, cases, slowed=slowed(scenario))
        judged.lengthened, judged.ratified = lengthened(run, wrong, subject.federation, cases)
        return judged

    def figures(self, runs: Sequence[Judged]) -> Mapping[str, Any]:
        return figures(runs)
