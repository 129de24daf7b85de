"""Commands that only ask: how everything is, why a case went where it went, and every event of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from embedded.processes import running
from embedded.stack import status as servers
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from otklik.disk import low_room
from otklik.locate import Installed, NothingRuns, find_running
from otklik.supervisor_lock import abandoned, reigning

Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]
Case = Annotated[str, typer.Argument(help="reference or id of a case")]
VAR = Path("var")
console = Console()
PATIENCE_SECONDS = 10.0
STATUS_SECONDS = 5.0
"""Services answer within some two seconds even while Kafka and the database are away."""
MAX_CONCURRENT_CHECKS = 32


class NoAnswer(RuntimeError):
    """A service does not answer, or says no; the message says which and what to do."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What goes wrong as one line, and exit code 1."""
    try:
        yield
    except (NothingRuns, NoAnswer) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        raise typer.Exit(1) from error


def ask(place: Installed, path: str, patience: float = PATIENCE_SECONDS) -> dict[str, Any]:
    """The portal's answer within `patience` seconds; raises NoAnswer."""
    try:
        answer = httpx.get(f"{place.portal}{path}", timeout=patience)
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"the portal does not answer at {place.portal} ({type(error).__name__}); its log is"
            f" {place.folder}/logs/portal.log"
        ) from error
    if answer.status_code != 200:
        try:
            words = str(answer.json()["error"])
        except (ValueError, KeyError):
            words = f"the portal answered {answer.status_code} at {path}"
        raise NoAnswer(words)
    found: dict[str, Any] = answer.json()
    return found


def health(port: int) -> dict[str, Any]:
    """What a service says of itself; without an answer, that as its one problem."""
    try:
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=STATUS_SECONDS).json()
    except (httpx.HTTPError, ValueError) as error:
        return {"problems": [f"no answer on port {port} ({type(error).__name__})"]}
    return found


def status(folder: Folder = VAR) -> None:
    """What runs, what is wrong, and how the cases stand. Exit code 1 when anything is wrong."""
    with one_line_errors():
        place = find_running(folder)
    with ThreadPoolExecutor(MAX_CONCURRENT_CHECKS) as asked:
        cases = asked.submit(ask, place, "/api/status", STATUS_SECONDS)
        problems = _processes(place, asked)
        try:
            found = cases.result()
        except NoAnswer as error:
            problems.append(("portal", str(error)))
        else:
            _cases(found)
    for name, words in problems:
        console.print(Text.assemble((f"{name}: ", "bold red"), words), soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def _processes(place: Installed, asked: ThreadPoolExecutor) -> list[tuple[str, str]]:
    """Print a line a process; returns (name, what is wrong)."""
    problems: list[tuple[str, str]] = []
    warnings: list[tuple[str, str]] = []
    table = Table("process", "state", box=None, pad_edge=False, header_style="dim")
    for title in ("lag", "unsent", "dead", "parked"):
        table.add_column(title, justify="right")
    if abandoned(place.folder):
        words = "has ended without a word: what ends now is not started again; `otklik up` takes over what still runs"
        problems.append(("supervisor", words))
    elif reigning(place.folder) is None:
        warnings.append(("supervisor", "nobody looks after this folder (started with --detach): what ends stays ended"))
    room = low_room(place.folder)
    if room is not None:
        problems.append(("disk", room))
    for name, alive in servers(place.folder).items():
        if not alive:
            problems.append((name, f"does not run; its log is {place.folder}/logs/{name}.log"))
        table.add_row(name, _state(alive, []))
    services = sorted(file.stem for file in (place.folder / "pids").glob("*.json"))
    living = {name: running(place.folder / "pids" / f"{name}.json") is not None for name in services}
    answers = {n: asked.submit(health, place.ports[n]) for n in services if living[n] and n in place.ports}
    for name in services:
        facts = answers[name].result() if name in answers else {}
        wrong = [str(p) for p in facts.get("problems", [])]
        if facts.get("open_dead_letters"):
            words = f"{facts['open_dead_letters']:,} open dead letters: `otklik dlq list --service {name}` shows them"
            problems.append((name, words))
        warnings += [(name, str(words)) for words in facts.get("warnings", [])]
        if not living[name]:
            wrong = [f"does not run; its log is {place.folder}/logs/{name}.log"]
        problems += [(name, words) for words in wrong]
        numbers = (facts.get(key) for key in ("lag", "outbox_pending", "open_dead_letters", "parked_records"))
        table.add_row(name, _state(living[name], wrong), *("" if n is None else f"{n:,}" for n in numbers))
    console.print(f"[dim]{escape(str(place.folder))}[/dim]  {place.portal}", soft_wrap=True, highlight=False)
    console.print(table)
    for name, words in warnings:
        console.print(Text.assemble((f"{name}: ", "yellow"), words), soft_wrap=True)
    return problems


def _state(alive: bool, problems: list[str]) -> Text:
    if not alive:
        return Text("stopped", style="red")
    return Text("not ready", style="yellow") if problems else Text("ready", style="green")


def _cases(found: dict[str, Any]) -> None:
    kind = "simulated" if found["simulated"] else "real"
    console.print(f"\n[bold]{escape(found['federation'])}[/bold], {found['clock'] or 'no tick yet'} ({kind} time)")
    shown = ("cases", "open", "answered", "overdue", "transferred", "reopened", "triage")
    table = Table("", *(), box=None, pad_edge=False, header_style="dim")
    for name in shown:
        table.add_column(name, justify="right")
    for row in found["regions"]:
        table.add_row(escape(str(row["region"])), *(f"{row[name]:,}" for name in shown))
    table.add_row("all", *(f"{found['totals'][name]:,}" for name in shown), style="bold")
    console.print(table)
    letters = ", ".join(f"{service} {n}" for service, n in found["dead_letters"].items()) or "none"
    proposals = ", ".join(f"{n} {state}" for state, n in sorted(found["proposals"].items())) or "none"
    console.print(f"open dead letters: {letters}; proposals: {proposals}", soft_wrap=True, highlight=False)


def why(case: Case, folder: Folder = VAR) -> None:
    """Which rows of which release decided where a case went, in words."""
    with one_line_errors():
        found = ask(find_running(folder), f"/api/cases/{case}")
    view = found["case"]
    console.print(f"[bold]{escape(view['reference'])}[/bold] {escape(found['title'])}, {view['state']}")
    if view["region"]:
        due = f"; due {found['due']}" if found["due"] else ""
        console.print(f"{escape(found['region'])}, area {view['area']}: {escape(found['authority'])}{due}")
    for row in found["why"]:
        console.print(f"\n[bold]{row['title']}[/bold]: asked for {escape(row['asked'])}", highlight=False)
        console.print(f"  it says {escape(row['said'])}", highlight=False)
        console.print(f"  [dim]row {escape(row['row_id'])}, {row['layer']} release {row['number']}[/dim]")
    if not found["why"]:
        console.print("no rule has placed it yet")


def trace(case: Case, folder: Folder = VAR) -> None:
    """Every event of a case: when it was, what caused it, where it lies."""
    with one_line_errors():
        found = ask(find_running(folder), f"/api/cases/{case}")
    types = {e["id"]: e["type"] for e in found["events"]}
    console.print(f"[bold]{escape(found['case']['reference'])}[/bold] {escape(found['title'])}")
    for event in found["events"]:
        cause = types.get(event["causation_id"]) or event["causation_id"] or "nothing known"
        parts = (event["traceparent"] or "").split("-")
        console.print(
            f"\n{event['local_time']}  [bold]{event['type']}[/bold] [dim]from {event['source']}[/dim]\n"
            f"  {escape(event['words'])}\n"
            f"  [dim]because of {escape(cause)}\n"
            f"  at {event['topic']}/{event['partition']}/{event['offset']}"
            + (f", trace {parts[1]}" if len(parts) == 4 else "")
            + "[/dim]",
            highlight=False,
            soft_wrap=True,
        )
