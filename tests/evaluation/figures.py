"""What a run of the demonstration city says about the misrouting loop, against the rows that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laboratory.adopting import ADOPTED_AFTER
from laboratory.logged_case import Cell
from laboratory.misrouting.faults.fault import Moved
from laboratory.misrouting.figures import forecasts
from laboratory.misrouting.judging import judge
from laboratory.misrouting.run import Made, Run
from world.ground_truth import PlantedCell


@dataclass(frozen=True)
class Found:
    """A planted cell and when the loop named its right authority; `own`: by its own cases, not only beside others."""

    planted: PlantedCell
    at: datetime | None
    own: bool = False
    effective_at: datetime | None = None


def found(run: Run, planted: Sequence[PlantedCell]) -> list[Found]:
    """Each planted cell with the first proposal that names its right authority and was not refused."""
    left_out = {made.command.proposal_id for made in refused(run)}
    first: dict[Cell, Found] = {}
    for made in run.proposals:
        if made.command.proposal_id in left_out:
            continue
        shown = {(c["category"], c["area"]): c for c in made.command.evidence["cells"]}
        for cell in planted:
            said = shown.get((cell.category, cell.area))
            if said is not None and said["target"] == cell.right:
                one = Found(cell, made.at, said["own_evidence"], made.effective_at)
                first.setdefault((cell.category, cell.area), one)
    return [first.get((p.category, p.area), Found(p, None)) for p in planted]


def refused(run: Run) -> list[Made]:
    """Proposals that did not apply when their time had come."""
    return [m for m in run.proposals if m.effective_at is None and m.at + ADOPTED_AFTER < run.until]


def unplanted(run: Run, planted: Mapping[Cell, PlantedCell]) -> list[Made]:
    """Proposals with no cell whose planted fault they would mend."""
    return [
        m
        for m in run.proposals
        if not any((one := planted.get(cell)) is not None and one.right == target for cell, _, target in m.cells())
    ]


def misrouted(run: Run, cells: Mapping[Cell, PlantedCell] | None = None) -> int:
    """Misroutes of the whole run, or in some cells."""
    return sum(case.misrouted for case in run.ended if cells is None or case.cell in cells)


def report(nobody: Run, loop: Run, planted: Mapping[Cell, PlantedCell], moved: Sequence[Moved]) -> dict[str, Any]:
    """Everything that is asked of the loop; `nobody` is the run without it."""
    first = found(loop, list(planted.values()))
    judged = judge(loop, moved)
    before, after = misrouted(nobody, planted), misrouted(loop, planted)
    return {
        "planted": [
            {
                "cell": f"{f.planted.category} in {f.planted.area}", "right": f.planted.right,
                "wrong": f.planted.wrong, "cases": f.planted.cases,
                "proposed": f.at.isoformat() if f.at else None, "own_evidence": f.own,
                "in_force": f.effective_at.isoformat() if f.effective_at else None,
            }
            for f in sorted(first, key=lambda f: (f.at is None, f.at, f.planted.category, f.planted.area))
        ],
        "proposed_by_30_september": sum(f.at is not None and (f.at.month, f.at.day) <= (9, 30) for f in first),
        "proposed_on_own_evidence": sum(f.own for f in first),
        "misroutes_in_planted_cells": {
            "without_loop": before, "with_loop": after, "fall": round(1 - after / max(1, before), 3),
        },
        "misroutes_everywhere": {"without_loop": misrouted(nobody), "with_loop": misrouted(loop)},
        "proposals": len(loop.proposals),
        "refused": [m.command.title for m in refused(loop)],
        "unplanted": [m.command.title for m in unplanted(loop, planted)],
        "false": judged.false,
        "flips": [m.command.title for m in loop.proposals if "flip" in m.command.evidence],
        "clarify": [f"{f.found_at:%m-%d} {f.key.removeprefix('cell|')}" for f in loop.findings if f.kind == "clarify"],
        "forecasts_planted": forecasts([f for f in judged.forecasts if f.planted]),
        "forecasts_not_planted": forecasts([f for f in judged.forecasts if not f.planted]),
        "loop_microseconds_a_fact": round(judged.microseconds_a_fact, 2),
    }  # fmt: skip
