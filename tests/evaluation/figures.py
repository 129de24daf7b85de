"""What a run of the city says about the loop: figures against what is wrong on purpose and against what happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from world.ground_truth import PlantedCell

from tests.evaluation.city import Cell, Opened, Proposal, Story, proposed_cells

NEXT_CASES = 20
"""A proposal is judged by so many later cases of each of its cells."""


@dataclass(frozen=True)
class Found:
    """A planted cell and when the loop named its right authority; `own`: by its own cases, not only beside others."""

    planted: PlantedCell
    at: datetime | None
    own: bool = False
    effective_at: datetime | None = None


def found(story: Story, planted: Sequence[PlantedCell]) -> list[Found]:
    """Each planted cell with the first proposal that names its right authority."""
    first: dict[Cell, Found] = {}
    for proposal in story.proposals:
        if proposal.refused is not None:
            continue
        shown = {(c["category"], c["area"]): c for c in proposal.command.evidence["cells"]}
        for cell in planted:
            said = shown.get((cell.category, cell.area))
            if said is not None and said["target"] == cell.right:
                first.setdefault(
                    (cell.category, cell.area), Found(cell, proposal.at, said["own_evidence"], proposal.effective_at)
                )
    return [first.get((p.category, p.area), Found(p, None)) for p in planted]


def unplanted(story: Story, planted: Mapping[Cell, PlantedCell]) -> list[Proposal]:
    """Proposals with no cell whose planted fault they would mend."""
    return [
        p
        for p in story.proposals
        if not any(
            (c := planted.get(cell)) is not None and c.right == target for cell, target in proposed_cells(p.command)
        )
    ]


def by_month(story: Story, cells: Mapping[Cell, PlantedCell]) -> dict[str, Counter[str]]:
    """Cases and misroutes in the planted cells, by month of opening."""
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for case in story.opened:
        if case.cell in cells:
            months[f"{case.at:%Y-%m}"]["cases"] += 1
            months[f"{case.at:%Y-%m}"]["misrouted"] += case.misrouted
    return dict(sorted(months.items()))


def misrouted(story: Story, cells: Mapping[Cell, PlantedCell] | None = None) -> int:
    """Misroutes of the whole run, or in some cells."""
    return sum(case.misrouted for case in story.opened if cells is None or case.cell in cells)


def later(opened: Mapping[Cell, Sequence[Opened]], proposal: Proposal) -> tuple[int, int]:
    """Of the next cases of its cells, how many went to the proposed authority, and how many to the old one."""
    right = wrong = 0
    for shown in proposal.command.evidence["cells"]:
        cases = [c for c in opened.get((shown["category"], shown["area"]), ()) if c.at > proposal.at][:NEXT_CASES]
        right += sum(c.really == shown["target"] for c in cases)
        wrong += sum(c.really == shown["current"] for c in cases)
    return right, wrong


def forecasts(story: Story, until: datetime) -> list[tuple[Proposal, float]]:
    """Proposals whose horizon the log covers, with what they would really have avoided."""
    cases = cases_by_cell(story)
    judged: list[tuple[Proposal, float]] = []
    for proposal in story.proposals:
        forecast = proposal.command.forecast
        if forecast is None:
            continue
        end = proposal.at + timedelta(days=forecast.horizon_days)
        if end > until:
            continue
        avoided = 0
        for shown in proposal.command.evidence["cells"]:
            for case in cases.get((shown["category"], shown["area"]), ()):
                if proposal.at < case.at <= end:
                    avoided += (case.really == shown["target"]) - (case.really == shown["current"])
        judged.append((proposal, avoided))
    return judged


def cases_by_cell(story: Story) -> dict[Cell, list[Opened]]:
    """Cases in order of opening."""
    cells: dict[Cell, list[Opened]] = defaultdict(list)
    for case in story.opened:
        cells[case.cell].append(case)
    return cells


def report(never: Story, auto: Story, planted: Mapping[Cell, PlantedCell], until: datetime) -> dict[str, Any]:
    """Everything that is asked of the loop; `never` and `auto` are the runs without and with acceptance."""
    cells = cases_by_cell(auto)
    first = found(auto, list(planted.values()))
    others = unplanted(auto, planted)
    before, after = misrouted(never, planted), misrouted(auto, planted)
    judged = forecasts(never, until)
    promised = sum(f.expected for p, _ in judged if (f := p.command.forecast) is not None)
    held = sum(f.low <= avoided <= f.high for p, avoided in judged if (f := p.command.forecast) is not None)
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
            "without_acceptance": before, "with_acceptance": after, "fall": round(1 - after / max(1, before), 3),
        },
        "misroutes_everywhere": {"without_acceptance": misrouted(never), "with_acceptance": misrouted(auto)},
        "by_month": {
            m: {"cases": c["cases"], "without": c["misrouted"], "with": by_month(auto, planted)[m]["misrouted"]}
            for m, c in by_month(never, planted).items()
        },
        "proposals": {"without_acceptance": len(never.proposals), "with_acceptance": len(auto.proposals)},
        "refused": [p.refused for p in auto.proposals if p.refused is not None],
        "unplanted": [
            {
                "at": p.at.isoformat(), "title": p.command.title, "later_at_target": (n := later(cells, p))[0],
                "later_at_old": n[1], "statistic": p.command.evidence["statistic"],
                "wins": p.command.evidence["wins"], "losses": p.command.evidence["losses"],
            }
            for p in others
        ],
        "flips": [p.command.title for p in auto.proposals if "flip" in p.command.evidence],
        "clarify": [f"{f.found_at:%m-%d} {f.key.removeprefix('cell|')}" for f in auto.findings if f.kind == "clarify"],
        "forecasts": {
            "judged": len(judged), "held": held, "promised": round(promised), "kept": sum(a for _, a in judged),
        },
        "hints": auto.hints,
        "loop_microseconds_a_fact": round(1e6 * auto.loop_seconds / max(1, auto.facts), 2),
    }  # fmt: skip
