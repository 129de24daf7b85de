"""A replay from the command line: the world's settings, its progress on the screen, the report in words."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from common.runtime.settings import Settings
from embedded.stack import Stack, passwords
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from world import planted_change, prevention
from world.afterwards import keep_time
from world.run import Cut, Task, WorldError, WorldSettings, as_principal, replay

from otklik.locate import PREFIX
from otklik.process_plan import edge_url
from otklik.progress import shown
from otklik.supervisor import Say, Supervisor, named

SIGNALS = (signal.SIGTERM, signal.SIGINT)
TEND_SECONDS = 1.0
Result = TypeVar("Result")


def settings_of(stack: Stack, federation: Path, first_port: int) -> tuple[Settings, WorldSettings]:
    """What the world is told of an embedded installation."""
    secret = passwords(stack.folder, ["kafka:world", "kafka:operator"])
    settings = Settings(
        name="world", prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user="world",
        kafka_password=SecretStr(secret["kafka:world"]), database_url="postgresql://none", federation=federation,
        keys=stack.folder / "keys", time="ticks",
    )  # fmt: skip
    world = WorldSettings(
        edge_url=edge_url(first_port),
        watch_user=stack.kafka_user,
        watch_password=SecretStr(stack.kafka_password),
        operator_password=SecretStr(secret["kafka:operator"]),
        services=tuple(name for name, _ in named(stack.folder) if name not in ("clock", "exporter")),
    )
    return settings, world


class Interrupted(Exception):
    """SIGTERM or Ctrl-C while the replay was under way."""

    def __init__(self, signal_name: str, report: dict[str, Any] | None = None) -> None:
        super().__init__(signal_name)
        self.report = report
        """How far it was; None where the log had not begun, or was over."""


def replay_here(task: Task, stack: Stack, supervisor: Supervisor, console: Console, say: Say) -> dict[str, Any]:
    """Replay through the installation of a folder; returns the report. A service that ends is started again.

    Raises Interrupted, and what `world.run.replay` raises.
    """
    settings, world = settings_of(stack, task.federation, supervisor.first_port)
    with shown(console) as show:
        return asyncio.run(_tended(replay(task, settings, world, show), supervisor, say))


def keep_time_here(task: Task, stack: Stack, supervisor: Supervisor, say: Say) -> None:
    """After the log: time goes on at the pace of the wall clock until a signal, by which Interrupted is raised."""
    settings, _ = settings_of(stack, task.federation, supervisor.first_port)
    reader = as_principal(settings, stack.kafka_user, SecretStr(stack.kafka_password))
    asyncio.run(_tended(keep_time(task.federation, settings, reader), supervisor, say))


async def _tended(work: Coroutine[Any, Any, Result], supervisor: Supervisor, say: Say) -> Result:
    """A signal ends the work where it waits, never inside some client's own task."""
    loop = asyncio.get_running_loop()
    going = asyncio.ensure_future(work)
    tending = asyncio.ensure_future(_tend(supervisor, say))
    asked: list[int] = []

    def end(number: int) -> None:
        asked.append(number)
        going.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, end, number)
    try:
        return await going
    except asyncio.CancelledError:
        if not asked:
            raise
        raise Interrupted(signal.Signals(asked[0]).name) from None
    except Cut as cut:
        raise Interrupted(signal.Signals(asked[0]).name if asked else "", cut.report) from cut
    finally:
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


async def _tend(supervisor: Supervisor, say: Say) -> None:
    while True:
        await asyncio.sleep(TEND_SECONDS)
        await asyncio.to_thread(supervisor.tend, say)


def write_report(report: dict[str, Any], path: Path | None) -> None:
    """As JSON. Raises WorldError where the file cannot be written."""
    if path is None:
        return
    try:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise WorldError(f"the report could not be written: {error}") from error


def tell(report: dict[str, Any], console: Console) -> None:
    """The report in a few words."""
    log, account = report["log"], report["balance"]
    learnt_from, outside = log["learnt_from_and_left_out"], log["not_in_these_days"]
    if learnt_from:
        left = f"{learnt_from} rows are not replayed: the rules were learnt from what was opened before"
        console.print(f"{left} {log['replayed_after']}", highlight=False)
    if outside > learnt_from:
        console.print(f"{outside - learnt_from} rows lie outside the days asked for", highlight=False)
    if log["opened_before_that"]:
        learnt = f"{log['opened_before_that']} of the rows replayed were opened before {log['rules_learnt_until']}"
        why = "the federation's rules were learnt from that time, and fit it better than what comes after"
        console.print(f"[yellow]{learnt}: {why}[/yellow]", highlight=False)
    for reason, count in log["left_out"].items():
        lines = log["left_out_lines"].get(reason, [])
        more = ", ..." if count > len(lines) else ""
        console.print(f"rows left out: {count} {reason} (line {', '.join(map(str, lines))}{more})", highlight=False)
    if log["faults"]:
        said = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in log["faults"].items())
        console.print(f"rows kept without what cannot be so: {said}", highlight=False)
    for remark in log["remarks"]:
        console.print(f"the log: {remark}", highlight=False)
    table = Table("messages", "count")
    for name, count in account.items():
        if name not in ("holds", "unaccounted"):
            table.add_row(name.replace("_", " "), str(count))
    table.add_row("joined later", str(report["joined_later"]))
    console.print(table)
    for reason, count in report["declined_in_triage"].items():
        share = count / max(1, account["acknowledged"])
        words = f"declined in triage: {count} ({share:.1%}) that had come there for {reason.replace('_', ' ')}"
        console.print(f"[yellow]{words}[/yellow]", highlight=False)
    if not report["complete"]:
        console.print(
            f"[red]interrupted after {report['run']['intervals']} of {report['run']['intervals_to_do']} intervals:"
            " what is not accounted for may be on its way[/red]"
        )
    elif account["holds"]:
        console.print("[green]every message is accounted for[/green]")
    else:
        console.print(f"[red]not accounted for: {', '.join(account['unaccounted'][:10])}[/red]")
    _tell_cases(report, console)
    _tell_proposals(report, console)
    for words in prevention.in_words(report["prevention"]):
        console.print(words, highlight=False)
    letters = report["dead_letters"]
    if letters is None:
        why = "not readable" if report["complete"] else "not counted"
        console.print(f"dead letters: {why}")
    for reason, count in (letters or {}).items():
        console.print(f"dead letters: {count} {reason}", highlight=False)
    run = report["run"]
    counted = "" if letters is None else f"; dead letters {sum(letters.values())}"
    console.print(f"{run['seconds']} s, {run['messages_a_second']} messages/s{counted}")


def _tell_cases(report: dict[str, Any], console: Console) -> None:
    table = Table("region", "cases", "still open", "of them late")
    for region, states in report["cases"].items():
        left = report["still_open"].get(region, {"open": 0, "late": 0})
        table.add_row(region, str(sum(states.values())), str(left["open"]), str(left["late"]))
    console.print(table)
    console.print(f"overdue at some time: {report['overdue']}; commands refused: {report['refused_commands']}")


def _tell_proposals(report: dict[str, Any], console: Console) -> None:
    misrouted = ", ".join(f"{m} {c.get('misrouted', 0)}/{c['cases']}" for m, c in report["planted_by_month"].items())
    if misrouted:
        console.print(f"misrouted where a rule is wrong on purpose, by month: {misrouted}")
    harmful = report["planted_change"] or {}
    for proposal in report["proposals"]:
        steps = ", ".join(f"{s['step']} {s['at'][:10]}" for s in proposal["steps"])
        why = "a row wrong on purpose" if proposal.get("planted") else "not planted"
        if proposal["id"] == harmful.get("proposal_id"):
            why = "harmful on purpose"
        console.print(f"proposal: {proposal['title']} ({why}; {steps})", highlight=False)
    if harmful:
        _tell_harmful(harmful, console)


def _tell_harmful(harmful: dict[str, Any], console: Console) -> None:
    """The change that was proposed though it does harm."""
    for words in planted_change.in_words(harmful):
        console.print(words, highlight=False)
    if harmful["planted"]:
        colour = "red" if harmful["outcome"] == "adopted" else "yellow" if harmful["ever_adopted"] else "green"
        adopted = "adopted" if harmful["ever_adopted"] else "not adopted"
        console.print(f"[{colour}]  it was {adopted}; at the end of the log: {harmful['outcome']}[/{colour}]")
