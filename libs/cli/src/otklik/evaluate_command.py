"""`otklik evaluate loops`: its choices, its progress, and its figures as a table."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from common.federation.country import FederationError
from laboratory.evaluating import Result, results, subject_of
from laboratory.page import page
from laboratory.report import Plan, report
from laboratory.scenario import SCENARIOS, Scenario
from laboratory.subject import NothingToReplay, Source
from rich.table import Table
from world.csvfile import LogError

from otklik.console import CommandError, console, one_line_errors

LOOPS = ("misrouting",)
SECONDS_A_LINE = 15.0
INTERRUPTED = 130
COLUMNS = {
    "recall": "found",
    "avoided": "avoided",
    "avoided_naive": "naive",
    "avoided_oracle": "oracle",
    "false_per_10k": "false",
    "flips": "flips",
    "proposals": "made",
    "right_first_points": "points",
}
LEGEND = (
    "found: of planted cells; avoided: of misroutes in them, by the loop, a naive rule and an oracle; false: proposals"
    " in 10,000 cases; flips and proposals made: a run; points: of all cases, given right the first time. In brackets:"
    " 90 % intervals. --report and --html tell more."
)


def evaluate(
    csv: Path, federation: Path | None, timezone: str, seeds: Sequence[int], faults: str | None, loops: str,
    out: Path | None, html: Path | None, processes: int | None,
) -> None:  # fmt: skip
    """Run everything, print the table, write what was asked for; interrupted, it does so of what is done and exits with
    code 130."""
    with one_line_errors(LogError, FederationError, NothingToReplay, OSError):
        unknown = [name for name in loops.split(",") if name.strip() not in LOOPS]
        if unknown:
            raise CommandError(f"there is no evaluation of {', '.join(unknown)}; there is one of {', '.join(LOOPS)}")
        for path in (out, html):
            if path is not None and not path.parent.is_dir():
                raise CommandError(f"{path.parent} is no folder to write {path.name} into; make it first")
        plan = Plan(Source(csv, federation, timezone), _chosen(faults), tuple(seeds))
        with TemporaryDirectory(prefix="otklik-laboratory-") as scratch:
            subject = subject_of(plan.source, Path(scratch))
            console.print(f"{len(subject.cases):,} cases to replay of {csv.name}; seeds: {len(seeds)}", highlight=False)
            found, complete = _run(plan, Path(scratch), processes or os.cpu_count() or 1)
        told = report(plan, subject, found, complete=complete)
        if out is not None:
            out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if html is not None:
            html.write_text(page(told), encoding="utf-8")
        _show(told)
        if not complete:
            console.print("interrupted: these are the runs that were done", style="red")
            raise typer.Exit(INTERRUPTED)


def _chosen(faults: str | None) -> tuple[Scenario, ...]:
    if faults is None:
        return tuple(SCENARIOS.values())
    names = [name.strip() for name in faults.split(",") if name.strip()]
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise CommandError(f"there is no fault {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    return tuple(SCENARIOS[name] for name in names)


def _run(plan: Plan, scratch: Path, processes: int) -> tuple[list[Result], bool]:
    tasks, found, said_at = plan.tasks(scratch), list[Result](), time.monotonic()
    try:
        for result in results(tasks, processes):
            found.append(result)
            if time.monotonic() - said_at >= SECONDS_A_LINE:
                said_at = time.monotonic()
                console.print(f"{len(found)} of {len(tasks)} runs", highlight=False)
    except KeyboardInterrupt:
        return found, False
    return found, True


def _show(told: dict[str, Any]) -> None:
    table = Table(title=f"{told['loop']} on {told['log']}")
    table.add_column("planted", no_wrap=True)
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for name, found in told["scenarios"].items():
        table.add_row(name, *(_number(found[key]) for key in COLUMNS))
    console.print(table)
    console.print(LEGEND, style="dim")


def _number(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    between = found["between"]
    return f"{found['value']:g}" + (f"\n[{between[0]:g}, {between[1]:g}]" if between else "")
