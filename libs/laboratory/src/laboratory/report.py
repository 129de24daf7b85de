"""The report of an evaluation: what was done, by what truth, and the figures; as JSON and as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laboratory.evaluating import POLICIES, Result, Task
from laboratory.misrouting.figures import Pair, figures
from laboratory.scenario import ALWAYS, Scenario
from laboratory.subject import Source, Subject

TRUTH = (
    "The truth about a case is who really had it: by the log, or by the fault that is planted in its cell. The loop"
    " sees transfers alone."
)
CIRCLES = (
    "No city publishes transfers: desks hand cases on as the laboratory says, which is what the loop assumes. Desks"
    " that keep cases, hand them to a third or hand them on late break that.",
    "Rules are learnt from the log's first part and judged on the part after it; where a federation is named that was"
    " learnt from the same log, on the part after what it was learnt from.",
    "A proposal where nothing is planted is judged by the log: false if of the next 20 cases of its cells not more"
    " belong to the authority that it names than to the one before.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """An evaluation to do."""

    source: Source
    scenarios: tuple[Scenario, ...]
    seeds: tuple[int, ...]

    def tasks(self, scratch: Path) -> list[Task]:
        """Runs of one seed stand together, so that what is read for one serves the next."""
        wanted = (*self.scenarios, *ALWAYS)
        return [
            Task(self.source, scenario, policy, seed, scratch)
            for scenario in sorted(wanted, key=lambda s: s.shuffle)
            for seed in self.seeds
            for policy in POLICIES
        ]


def report(plan: Plan, subject: Subject, found: Sequence[Result], *, complete: bool) -> dict[str, Any]:
    """`found`: the runs that were done; scenarios are told as far as all three runs of a seed are there."""
    runs = {(r.scenario, r.policy, r.seed): r for r in found}
    scenarios = {}
    for scenario in (*plan.scenarios, *ALWAYS):
        pairs = [
            Pair(runs[(scenario.name, "loop", seed)], runs[(scenario.name, "nobody", seed)], naive)
            for seed in plan.seeds
            if (naive := runs.get((scenario.name, "naive", seed))) is not None
        ]
        if pairs:
            scenarios[scenario.name] = {
                "words": scenario.words, "plants": bool(scenario.faults), "runs": len(pairs), **figures(pairs),
            }  # fmt: skip
    return {
        "complete": complete,
        "loop": "misrouting",
        "log": plan.source.csv.name,
        "federation": plan.source.folder.name if plan.source.folder is not None else "learnt from the log's first part",
        "learnt_until": subject.learnt_until.isoformat() if subject.learnt_until is not None else None,
        "replayed_from": subject.cases[0].opened_at.isoformat(),
        "replayed_until": subject.cases[-1].opened_at.isoformat(),
        "cases": len(subject.cases),
        "cases_left_out_without_place": subject.without_place,
        "seeds": list(plan.seeds),
        "truth": TRUTH,
        "where_the_circle_could_close": list(CIRCLES),
        "scenarios": scenarios,
    }
