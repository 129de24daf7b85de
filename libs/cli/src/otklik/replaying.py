"""A replay from the command line: the world's settings, its progress on the screen, the report in words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from common.settings import Settings
from embedded.stack import Stack, passwords
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from world.replay import Progress as Passed
from world.run import Task, WorldSettings, replay

from otklik.ground import PREFIX, edge_url
from otklik.supervisor import named


def settings_of(stack: Stack, federation: Path, first_port: int) -> tuple[Settings, WorldSettings]:
    """What the world is told of an embedded installation."""
    secret = passwords(stack.folder, ["kafka:world", "kafka:operator"])
    settings = Settings(
        name="world", prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user="world",
        kafka_password=SecretStr(secret["kafka:world"]), database_url="postgresql://none", federation=federation,
        keys=stack.folder / "keys",
    )  # fmt: skip
    world = WorldSettings(
        edge_url=edge_url(first_port),
        watch_user=stack.kafka_user,
        watch_password=SecretStr(stack.kafka_password),
        operator_password=SecretStr(secret["kafka:operator"]),
        services=tuple(name for name, _ in named(stack.folder) if name != "clock"),
    )
    return settings, world


def replay_here(task: Task, stack: Stack, first_port: int, console: Console) -> dict[str, Any]:
    """Replay through the installation of a folder; returns the report."""
    settings, world = settings_of(stack, task.federation, first_port)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        shown = bar.add_task("starting", total=None, words="")

        def show(p: Passed) -> None:
            words = f"{p.messages} messages, {p.rate:.0f}/s, {p.seconds_left:.0f} s left"
            bar.update(shown, total=p.of, completed=p.done, description=f"{p.at:%Y-%m-%d}", words=words)

        return asyncio.run(replay(task, settings, world, show))


def write_report(report: dict[str, Any], path: Path | None) -> None:
    """As JSON."""
    if path is not None:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def tell(report: dict[str, Any], console: Console) -> None:
    """The report in a few words."""
    account = report["balance"]
    table = Table("messages", "count")
    for name, count in account.items():
        if name not in ("holds", "unaccounted"):
            table.add_row(name.replace("_", " "), str(count))
    console.print(table)
    if account["holds"]:
        console.print("[green]every message is accounted for[/green]")
    else:
        console.print(f"[red]not accounted for: {', '.join(account['unaccounted'][:10])}[/red]")
    misrouted = ", ".join(f"{m} {c.get('misrouted', 0)}/{c['cases']}" for m, c in report["planted_by_month"].items())
    if misrouted:
        console.print(f"misrouted where a rule is wrong on purpose, by month: {misrouted}")
    for proposal in report["proposals"]:
        steps = ", ".join(f"{s['step']} {s['at'][:10]}" for s in proposal["steps"])
        console.print(f"proposal: {proposal['title']} ({steps})", highlight=False)
    letters = report["dead_letters"]
    dead = "not readable" if letters is None else str(sum(letters.values()))
    console.print(
        f"overdue {report['overdue']}, still open {report['still_open']}, dead letters {dead}; "
        f"{report['run']['seconds']} s, {report['run']['messages_a_second']} messages/s"
    )
