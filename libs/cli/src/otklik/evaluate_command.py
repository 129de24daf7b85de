"""`otklik evaluate loops`: its choices, its progress, and its figures as a table."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from common.federation.country import FederationError
from laboratory.evaluating import Failed, Result, Task, results, subject_of
from laboratory.page import page
from laboratory.report import Plan, report
from laboratory.studies import STUDIES
from laboratory.subject import NothingToReplay, Source
from rich.table import Table
from world.csvfile import LogError

from otklik.console import CommandError, console, one_line_errors
from otklik.outputs import can_be_written

SECONDS_A_LINE = 15.0
INTERRUPTED = 130


def evaluate(
    csv: Path, federation: Path | None, timezone: str, seeds: Sequence[int], faults: str | None, loops: str | None,
    out: Path | None, html: Path | None, processes: int | None,
) -> None:  # fmt: skip
    """Run everything, print the table, write what was asked for; interrupted (Ctrl-C, SIGTERM), it does so of what is
    done and exits with code 130, and with code 1 where a run failed."""
    with one_line_errors(LogError, FederationError, NothingToReplay, OSError):
        chosen = _loops(loops)
        for path in (out, html):
            can_be_written(path)
        plan = Plan(Source(csv, federation, timezone), chosen, _faults(faults, chosen), tuple(seeds))
        with TemporaryDirectory(prefix="otklik-laboratory-") as scratch:
            subject = subject_of(plan.source, Path(scratch))
            without = f" ({subject.without_place:,} without a place are left out)" if subject.without_place else ""
            console.print(
                f"{len(subject.cases):,} cases to replay of {csv.name}{without}; seeds: {len(seeds)}", highlight=False
            )
            tasks = plan.tasks(Path(scratch))
            found, failed, complete = _run(tasks, processes or os.cpu_count() or 1)
        told = report(plan, subject, found, failed, complete=complete)
        _show(told)
        if out is not None:
            out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if html is not None:
            html.write_text(page(told), encoding="utf-8")
        if not complete:
            done = f"{len(found) + len(failed)} of {len(tasks)}"
            console.print(f"interrupted: these are the figures of the {done} runs that were done", style="red")
            raise typer.Exit(INTERRUPTED)
        if failed:
            console.print(f"{len(failed)} runs failed and are counted nowhere, see above", style="red")
            raise typer.Exit(1)


def _loops(named: str | None) -> tuple[str, ...]:
    """The loops that a comma-separated list names; all without one."""
    if named is None:
        return tuple(STUDIES)
    names = tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
    unknown = [name for name in names if name not in STUDIES]
    if unknown or not names:
        said = ", ".join(unknown) or "nothing"
        raise CommandError(f"there is no evaluation of {said}; there is one of {', '.join(STUDIES)}")
    return names


def _faults(named: str | None, loops: Sequence[str]) -> frozenset[str] | None:
    if named is None:
        return None
    known = list(dict.fromkeys(s.name for loop in loops for s in STUDIES[loop].scenarios))
    names = [name.strip() for name in named.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(f"there is no fault {', '.join(unknown)}; there are {', '.join(known)}")
    return frozenset(names)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _run(tasks: Sequence[Task], processes: int) -> tuple[list[Result], list[Failed], bool]:
    """Runs done, runs failed, and whether these are all."""
    said_at = time.monotonic()
    found, failed, said = list[Result](), list[Failed](), set[tuple[str, str]]()
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        for result in results(tasks, processes):
            if isinstance(result, Failed):
                failed.append(result)
                told = f"{result.loop}, {result.scenario}, seed {result.seed} failed: {result.trace}"
                if (result.loop, result.trace) not in said:
                    console.print(told, style="red", markup=False, highlight=False, soft_wrap=True)
                said.add((result.loop, result.trace))
            else:
                found.append(result)
            if time.monotonic() - said_at >= SECONDS_A_LINE:
                said_at = time.monotonic()
                console.print(f"{len(found) + len(failed)} of {len(tasks)} runs", highlight=False)
    except KeyboardInterrupt:
        return found, failed, False
    except BrokenProcessPool:
        console.print("a process of the evaluation was ended from outside, by lack of memory perhaps", style="red")
        return found, failed, False
    finally:
        signal.signal(signal.SIGTERM, before)
    return found, failed, True


def _show(told: dict[str, Any]) -> None:
    for words in told["remarks"]:
        console.print(f"about the log: {words}", style="dim", highlight=False)
    for loop, found in told["loops"].items():
        _show_loop(loop, found, told["log"])
    console.print("In brackets: 90 % intervals. --report and --html tell more.", style="dim")


def _show_loop(loop: str, told: dict[str, Any], log: str) -> None:
    console.print(f"\n{loop} on {log}", style="bold", highlight=False)
    for name, found in told["scenarios"].items():
        console.print(f"{name}: {found['words']}", highlight=False)
        shown = [f"{c['label']} {_number(found[c['key']])}" for c in told["columns"] if found[c["key"]] is not None]
        console.print("  " + (", ".join(shown) or "no figure comes of this log"), highlight=False, markup=False)
    units = "; ".join(f"{c['label']}: {c['unit']}" for c in told["columns"])
    console.print(f"({units})", style="dim", highlight=False)
    if told["aims"]:
        table = Table(title=f"what {loop} is to reach")
        for heading in ("planted", "figure", "aim", "came", ""):
            table.add_column(heading, justify="right" if heading == "came" else "left")
        for aim in told["aims"]:
            table.add_row(*_aim(aim), style="red" if aim["verdict"] == "short" else "")
        console.print(table)


def _aim(aim: dict[str, Any]) -> tuple[str, ...]:
    bounds = [f"at least {aim['least']:g}"] if aim["least"] is not None else []
    bounds += [f"at most {aim['most']:g}"] if aim["most"] is not None else []
    came = "-" if aim["value"] is None else f"{aim['value']:g}"
    verdict = {"reached": "reached", "short": "short", "unknown": "not known"}[aim["verdict"]]
    return aim["scenario"], aim["words"], " and ".join(bounds), came, verdict


def _number(found: dict[str, Any]) -> str:
    between = found["between"]
    return f"{found['value']:g}" + (f" [{between[0]:g}, {between[1]:g}]" if between else "")
