"""All loops at once, with deliberation, trials, adoption and review, against no loops, a naive rule and who knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from laboratory.cycle import policies
from laboratory.cycle.driving import Cycle
from laboratory.cycle.figures import figures
from laboratory.cycle.judging import Judged, judge
from laboratory.cycle.naive import naive_run
from laboratory.cycle.planting import NO_FAULT, RECIPES, SHUFFLED, world_of
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject


class CycleStudy:
    """A run is driven four ways: with loops, without, with a naive rule, and by who knows each fault."""

    loop = "cycle"
    scenarios = tuple(RECIPES)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("good", "right and in time", "% of cases, with loops"),
        Column("good_nobody", "without", "% of cases"),
        Column("good_naive", "naive", "% of cases"),
        Column("good_oracle", "oracle", "% of cases"),
        Column("points", "gained", "points, by the first day's deadlines"),
        Column("points_as_promised", "gained as promised", "points, by the deadline told"),
        Column("of_possible", "of what is possible", "share of the oracle's gain"),
        Column("covered", "wrong by plan", "% of cases"),
        Column("made", "proposals", "of loops, a run"),
        Column("adopted", "adopted", "a run"),
        Column("adopted_wrong", "adopted, wrong", "a run"),
        Column("rolled_back", "rolled back", "a run"),
    )
    aims = (
        Aim("mixed", "points", "points more handled right the first time and in time", least=10),
        Aim("mixed", "worst_area", "points of the area that gained least", least=0),
        Aim("mixed_imperfect_desks", "points", "points more handled right the first time and in time", least=10),
        Aim("mixed_imperfect_desks", "worst_area", "points of the area that gained least", least=0),
        Aim("no_fault", "adopted", "proposals of loops that reach adoption, a run", most=1),
        Aim("shuffled", "adopted", "proposals of loops that reach adoption, a run", most=1),
        Aim("harmful_change", "harm_ended", "harmful changes that do not stay", least=1),
        Aim("idle_change", "harm_adopted", "changes without effect that are adopted", most=0),
    )
    truth = (
        "The truth about a case is who really had it and how long it took from when they had it, by the log or by what"
        " is planted. A case is good where its first authority was that one and its answer came by the deadline of the"
        " first day's rules, so that a longer limit is no gain; it is also told by the deadline that the citizen had."
    )
    circles = (
        "Desks hand cases on as the laboratory says, and work no faster or slower for a deadline or a finding: what"
        " loops say about capacity helps nobody here.",
        "Simulated people read the figures of a proposal and its backtest, and nearly all follow them.",
        "Cases that were due after the log's end are left out, the same ones in every way.",
        "Whose a case was that the log does not say is taken for whoever had it.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Judged:
        world, federation = world_of(subject, scenario, seed), subject.federation
        makers = policies.with_a_rival if world.recipe.rival else policies.loops
        loops = Cycle(federation, world, makers, seed).drive()
        # Without loops nobody pushes anything either: the rules of the first day stay.
        quiet = replace(world, pushed=None)
        nobody = Cycle(federation, quiet, policies.nobody, seed).drive()
        return judge(loops, nobody, naive_run(federation, quiet, seed), world)

    def figures(self, runs: Sequence[Judged]) -> Mapping[str, Any]:
        return figures(runs)
