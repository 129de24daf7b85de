"""The misrouting loop against no loop, a naive rule, and who knows each fault from its first case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from laboratory.logged_case import LoggedCase
from laboratory.misrouting import policy
from laboratory.misrouting.driving import Drive
from laboratory.misrouting.faults.batches import Batch, batches, taken_for_a_change, with_batches
from laboratory.misrouting.faults.fault import Moved, ground_of, with_faults
from laboratory.misrouting.figures import Compared, figures
from laboratory.misrouting.judging import judge, left_to_the_oracle
from laboratory.misrouting.planting import NO_FAULT, NOTHING, PLANTED, SHUFFLED
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import thinned


class MisroutingStudy:
    """Every proposal is adopted three days after it was made, if it still applies."""

    loop = "misrouting"
    scenarios = tuple(PLANTED)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("recall", "found", "of planted cells"),
        Column("avoided", "avoided", "of misroutes in them"),
        Column("avoided_naive", "naive", "the same, by a naive rule"),
        Column("avoided_oracle", "oracle", "the same, by who knows"),
        Column("false_per_10k", "false", "proposals in 10,000 cases"),
        Column("unheard_per_10k", "log silent", "of these, no later case of either authority"),
        Column("flips", "flips", "a run"),
        Column("proposals", "proposals", "a run"),
        Column("clarified", "clarify", "planted cells asked about"),
        Column("kept", "of a desk", "of those, in a finding about their desk"),
        Column("right_first_points", "right first time", "points of all cases gained"),
    )
    aims = (
        Aim("cells", "recall", "found of planted cells", least=0.9),
        Aim("cells", "avoided", "misroutes avoided in planted cells", least=0.75),
        Aim("cells", "flips", "flips a run", most=6),
        Aim("cells", "false_per_10k", "false proposals in 10,000 cases", most=3),
        Aim("imperfect_desks", "recall", "found of planted cells", least=0.8),
        Aim("imperfect_desks", "avoided", "misroutes avoided in planted cells", least=0.65),
        Aim("imperfect_desks", "flips", "flips a run", most=6),
        Aim("imperfect_desks", "false_per_10k", "false proposals in 10,000 cases", most=3),
        Aim("half_kept", "wrong_in_planted", "wrong routes for planted cells, a run", most=0),
        Aim("confirmed_category", "recall", "found of planted cells", least=0.8),
        Aim("batches", "batches_taken", "batches that a route was proposed for, a run", most=0),
        Aim("no_fault", "false_per_10k", "false proposals in 10,000 cases", most=3),
        Aim("shuffled", "proposals", "proposals a run", most=2),
    )
    truth = (
        "The truth about a case is who really had it: by the log, or by the fault that is planted in its cell. The loop"
        " sees transfers alone."
    )
    circles = (
        "No city publishes transfers: desks hand cases on as the laboratory says, which is what the loop assumes. Desks"
        " that keep cases, hand them to a third or hand them on late break that.",
        "Rules are learnt from the log's first part and judged on the part after it; where a federation is named that"
        " was learnt from the same log, on the part after what it was learnt from.",
        "A proposal where nothing is planted is judged by the log: false if of the next 20 cases of its cells not more"
        " belong to the authority that it names than to the one before.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Compared:
        cases, moved = planted(subject, scenario, seed)
        added = entered(subject, scenario, seed)
        cases = with_batches(cases, added)
        planting = PLANTED.get(scenario, NOTHING)
        confirmed = {m.cell[0] for m in moved} if planting.confirmed else ()
        loop, nobody, naive = (
            Drive(subject.federation, cases, one, planting.manners, seed, confirmed).run()
            for one in (policy.loop, policy.nobody, policy.naive)
        )
        return Compared(
            judge(loop, moved), judge(nobody, moved), judge(naive, moved), left_to_the_oracle(nobody, moved),
            taken_for_a_change(loop, added),
        )  # fmt: skip

    def figures(self, runs: Sequence[Compared]) -> Mapping[str, Any]:
        return figures(runs)


def planted(subject: Subject, scenario: Scenario, seed: int) -> tuple[list[LoggedCase], list[Moved]]:
    """The cases of a run and what is planted in them; faults are drawn from the whole log, so that they are the same
    whatever days are left out."""
    random = Random(f"faults:{scenario.name}:{seed}")
    ground = ground_of(subject.federation, subject.cases)
    moved = [one for fault in PLANTED.get(scenario, NOTHING).faults for one in fault(ground, random)]
    return with_faults(thinned(subject.cases, 0 if scenario.shuffling else seed), moved, seed), moved


def entered(subject: Subject, scenario: Scenario, seed: int) -> list[Batch]:
    """The cases that a scenario adds to the log."""
    if not PLANTED.get(scenario, NOTHING).batches:
        return []
    return batches(ground_of(subject.federation, subject.cases), Random(f"batches:{seed}"))
