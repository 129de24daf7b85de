"""What `otklik status` prints: problems first, the worst at the top, then processes and cases."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from otklik.status.finding import Finding
from otklik.status.look import Look, ProcessSeen

WIDEST = 100
STYLES = {"problem": "bold red", "warning": "yellow", "note": "dim"}
STATES = {"ready": "green", "not ready": "yellow", "starting": "yellow"}
REGION_COLUMNS = ("cases", "open", "answered", "overdue", "transferred", "reopened", "triage")
BESIDE_WARNINGS = ("waits", "runbook")
"""A warning is not in the log."""
NARROW = 76
"""Below this width the least of the columns are left out."""
LONGEST_WORDS = 400
LONGEST_ERROR = 200


def show(look: Look, console: Console) -> None:
    place, width = look.place, min(console.width, WIDEST)
    shown = [f for f in look.findings if f.level != "note" or f.kind == "tick_corrected"]
    console.print(f"[dim]{escape(str(place.folder))}[/dim]  {place.portal}", soft_wrap=True, highlight=False)
    for finding in shown:
        print_finding(finding, console, width)
    if shown:
        console.print()
    console.print(_processes(look.processes, console.width))
    if look.cases is None:
        console.print("\nHow the cases stand is not known: the portal has not answered.", style="yellow")
    else:
        _cases(look.cases, console)
    console.print(f"\n{verdict(shown)}", style="green" if look.well else "bold red", highlight=False)


def verdict(findings: Sequence[Finding]) -> str:
    """One line: how many problems, and the worst."""
    problems = [f for f in findings if f.level == "problem"]
    warnings = sum(f.level == "warning" for f in findings)
    others = f"{warnings} warning{'' if warnings == 1 else 's'}"
    if not problems:
        return f"well; {others}" if warnings else "well"
    one = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return f"{one}, {others}; first {problems[0].where}: see {problems[0].runbook}"


def print_finding(finding: Finding, console: Console, width: int) -> None:
    head = f"{finding.where}: "
    first, *rest = _wrapped(f"{head}{_short(finding.words, LONGEST_WORDS)}", width, "  ")
    console.print(
        Text.assemble((first[: len(head)], STYLES[finding.level]), first[len(head) :]), soft_wrap=True, no_wrap=True
    )
    for line in rest:
        console.print(Text(line), soft_wrap=True)
    shown = [line for line in finding.lines if finding.level == "problem" or line[0] in BESIDE_WARNINGS]
    for title, words in shown:
        lines = _wrapped(f"  {title:<10} {_short(words, LONGEST_ERROR)}", width, " " * 13)
        for line in lines:
            console.print(Text(line, style="dim" if title != "waits" else ""), soft_wrap=True)


def _wrapped(words: str, width: int, indent: str) -> list[str]:
    """Lines of a width; a path or an address is never broken, so that it can be copied."""
    return textwrap.wrap(
        words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]  # fmt: skip


def _short(words: str, limit: int) -> str:
    return words if len(words) <= limit else f"{words[:limit]}…"


def _processes(processes: Sequence[ProcessSeen], width: int) -> Table:
    table = Table("process", "state", box=None, pad_edge=False, header_style="dim")
    titles = ("lag", "unsent", "dead", "parked")
    for title in titles:
        table.add_column(title, justify="right")
    if width >= NARROW:
        table.add_column("pid", justify="right", style="dim")
    for seen in processes:
        numbers = ["" if n is None else f"{n:,}" for n in seen.numbers()]
        pid = [str(seen.pid or "")] if width >= NARROW else []
        table.add_row(seen.name, Text(seen.state, STATES.get(seen.state, "red")), *numbers, *pid)
    return table


def _cases(found: dict[str, Any], console: Console) -> None:
    kind = "simulated" if found["simulated"] else "real"
    console.print(f"\n[bold]{escape(found['federation'])}[/bold], {found['clock'] or 'no tick yet'} ({kind} time)")
    shown = REGION_COLUMNS if console.width >= NARROW else REGION_COLUMNS[:4]
    table = Table("", box=None, pad_edge=False, header_style="dim")
    for name in shown:
        table.add_column(name, justify="right")
    for row in found["regions"]:
        table.add_row(escape(str(row["region"])), *(f"{row[name]:,}" for name in shown))
    table.add_row("all", *(f"{found['totals'][name]:,}" for name in shown), style="bold")
    console.print(table)
    letters = ", ".join(f"{service} {n}" for service, n in found["dead_letters"].items()) or "none"
    proposals = ", ".join(f"{n} {state}" for state, n in sorted(found["proposals"].items())) or "none"
    console.print(f"open dead letters: {letters}; proposals: {proposals}", soft_wrap=True, highlight=False)
