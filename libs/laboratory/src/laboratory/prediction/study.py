"""The prediction loop against last week's same day, and against deadlines that slow desks miss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from statistics import fmean
from typing import Any

from common.contracts.events.reflex.forecasts import HorizonScore

from laboratory.intervals import figure
from laboratory.prediction.driving import Run, drive
from laboratory.prediction.planting import (
    NO_FAULT,
    SEASONAL,
    SHUFFLED,
    SLOW,
    STORMY,
    slow_desks,
    slowed,
    with_season,
    with_storms,
)
from laboratory.study import Aim, Column, Scenario
from laboratory.subject import Subject
from laboratory.thinning import drawn

KINDS = ("total", "category", "other_categories", "area")
LOOKED_AT = timedelta(days=60)
"""After a desk became slow."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One run; sums are plain, so that runs may be put together."""

    scores: tuple[HorizonScore, ...]
    facts: int
    findings: int
    promised: float
    """Cases that findings said would not be finished in time."""
    planted: int
    told: int
    """Slow desks of which a finding told within 60 days."""
    late: int
    late_after: int
    """Deadlines that slow desks missed in 60 days, and those of them that passed after the first finding."""
    micros_per_fact: float


class PredictionStudy:
    """Nobody acts on what the loop says: it is judged by what came."""

    loop = "prediction"
    scenarios = (SEASONAL, STORMY, SLOW)
    always = (NO_FAULT, SHUFFLED)
    columns = (
        Column("error_total", "error, all cases", "of last week's same day"),
        Column("error", "error, every series", "the same, mean of four kinds"),
        Column("held", "intervals that held", "of 90 %"),
        Column("held_ahead", "a fortnight ahead", "the same"),
        Column("findings_per_10k", "short authorities", "findings in 10,000 cases"),
        Column("told", "slow desks told of", "of those planted"),
        Column("ahead", "missed after it was said", "of their missed deadlines"),
    )
    aims = (
        *(Aim(s.name, "error", "mean absolute scaled error", most=0.85) for s in (NO_FAULT, SHUFFLED, SEASONAL)),
        *(
            Aim(s.name, "held", "90 % intervals that held", least=0.85, most=0.95)
            for s in (NO_FAULT, SHUFFLED, SEASONAL, STORMY)
        ),
    )
    truth = (
        "What came, by the log or with what is planted in it; when each case was closed, by the log, at slow desks half"
        " as many a day. The loop sees what opens and what is answered, never what will."
    )
    circles = (
        "The method was chosen on Boston, July to December 2011: its figures there are the easy case.",
        "Deadlines are those of the rules that were learnt from the log's first part; an authority is the queue in"
        " which a case ended, which an installation knows only after transfers.",
        "A slow desk answers in the order of the log, and half as many: one that takes longer over each and finishes as"
        " many is not what the finding is about.",
    )

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Judged:
        random = Random(f"prediction:{scenario.name}:{seed}")
        cases = drawn(subject.cases, random)
        slow: Mapping[tuple[str, str], datetime] = {}
        if scenario == SEASONAL:
            cases = with_season(cases, random)
        elif scenario == STORMY:
            cases = with_storms(cases, random)
        elif scenario == SLOW:
            slow = slow_desks(cases, random)
            cases = slowed(cases, slow)
        return _judged(drive(subject.federation, cases), slow)

    def figures(self, runs: Sequence[Judged]) -> Mapping[str, Any]:
        return {
            "error_total": figure(runs, lambda found: _error(found, "total")),
            "error": figure(runs, _mean_error),
            "held": figure(runs, _held),
            "held_ahead": figure(runs, lambda found: _held(found, 14)),
            "findings_per_10k": figure(runs, lambda found: 1e4 * _share(found, "findings", "facts")),
            "told": figure(runs, lambda found: _share(found, "told", "planted") if runs[0].planted else None),
            "ahead": figure(runs, lambda found: _share(found, "late_after", "late") if runs[0].planted else None),
            "by_kind": {
                f"{kind} {ahead}": {"error": _error(runs, kind, ahead), "held": _held(runs, ahead, kind)}
                for kind in KINDS
                for ahead in (1, 7, 14)
            },
            "micros_per_fact": round(fmean(run.micros_per_fact for run in runs), 1),
        }


def _judged(run: Run, slow: Mapping[tuple[str, str], datetime]) -> Judged:
    told = late = late_after = 0
    for (region, authority), since in slow.items():
        until = since + LOOKED_AT
        said = [
            f.found_at
            for f in run.findings
            if (f.numbers["region"], f.numbers["authority"]) == (region, authority) and since <= f.found_at <= until
        ]
        missed = [due for due in run.late.get((region, authority), ()) if since <= due <= until]
        told += bool(said)
        late += len(missed)
        late_after += sum(bool(said) and due > said[0] for due in missed)
    return Judged(
        tuple(run.scores), run.facts, len(run.findings), sum(f.numbers["short"] for f in run.findings), len(slow),
        told, late, late_after, 1e6 * run.loop_seconds / max(1, run.facts),
    )  # fmt: skip


def _chosen(runs: Sequence[Judged], ahead: int | None, kind: str | None) -> list[HorizonScore]:
    return [
        score
        for run in runs
        for score in run.scores
        if ahead in (None, score.days_ahead) and kind in (None, score.what)
    ]


def _error(runs: Sequence[Judged], kind: str, ahead: int | None = None) -> float | None:
    scores = _chosen(runs, ahead, kind)
    naive = sum(score.naive_error for score in scores)
    return sum(score.error for score in scores) / naive if naive else None


def _mean_error(runs: Sequence[Judged]) -> float | None:
    found = [error for kind in KINDS if (error := _error(runs, kind)) is not None]
    return fmean(found) if found else None


def _held(runs: Sequence[Judged], ahead: int | None = None, kind: str | None = None) -> float | None:
    scores = _chosen(runs, ahead, kind)
    forecasts = sum(score.forecasts for score in scores)
    return sum(score.held for score in scores) / forecasts if forecasts else None


def _share(runs: Sequence[Judged], part: str, whole: str) -> float:
    parts, wholes = (float(sum(getattr(run, name) for run in runs)) for name in (part, whole))
    return parts / max(1.0, wholes)
