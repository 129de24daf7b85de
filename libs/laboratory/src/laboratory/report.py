"""The report of an evaluation: what was done, by what truth, and the figures of every loop, as JSON has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laboratory.evaluating import Failed, Result, Task
from laboratory.studies import STUDIES
from laboratory.study import Scenario, Shuffling, section
from laboratory.subject import Source, Subject


@dataclass(frozen=True, slots=True)
class Plan:
    """An evaluation to do. Faults that a loop's study does not know are not planted for it."""

    source: Source
    loops: tuple[str, ...]
    faults: frozenset[str] | None
    """None: all that there are."""
    seeds: tuple[int, ...]

    def tasks(self, scratch: Path) -> list[Task]:
        """All of one seed before the next, so that an evaluation that is ended early has figures of every loop. Runs of
        one shuffled log stand together, so that what is read for one serves the next."""
        wanted = [(loop, scenario, seed) for seed in self.seeds for loop in self.loops for scenario in self._of(loop)]
        wanted.sort(key=lambda one: (self.seeds.index(one[2]), _name(one[1].shuffling)))
        return [Task(self.source, loop, scenario, seed, scratch) for loop, scenario, seed in wanted]

    def _of(self, loop: str) -> list[Scenario]:
        study = STUDIES[loop]
        chosen = [s for s in study.scenarios if self.faults is None or s.name in self.faults]
        return [*chosen, *study.always]


def _name(shuffling: Shuffling | None) -> str:
    return "" if shuffling is None else f"{shuffling.__module__}.{shuffling.__qualname__}"


def report(
    plan: Plan, subject: Subject, found: Sequence[Result], failed: Sequence[Failed] = (), *, complete: bool
) -> dict[str, Any]:
    """`found`: the runs that were done; a scenario is told as far as there are runs of it. `failed`: those that
    raised."""
    runs: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for one in sorted(found, key=lambda one: plan.seeds.index(one.seed)):
        runs[one.loop][one.scenario].append(one.run)
    return {
        "complete": complete,
        "failed": [
            {"loop": one.loop, "scenario": one.scenario, "seed": one.seed, "error": one.error} for one in failed
        ],
        "log": plan.source.csv.name,
        "remarks": list(subject.remarks),
        "federation": plan.source.folder.name if plan.source.folder is not None else "learnt from the log's first part",
        "learnt_until": subject.learnt_until.isoformat() if subject.learnt_until is not None else None,
        "replayed_from": subject.cases[0].opened_at.isoformat(),
        "replayed_until": subject.cases[-1].opened_at.isoformat(),
        "cases": len(subject.cases),
        "cases_left_out_without_place": subject.without_place,
        "seeds": list(plan.seeds),
        "loops": {loop: section(STUDIES[loop], runs[loop]) for loop in plan.loops},
    }
