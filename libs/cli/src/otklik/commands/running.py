"""Commands that start or end an installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.options import (
    DEFAULT_FEDERATION,
    FIRST_PORT,
    VAR,
    AcceptOption,
    Days,
    FederationFolder,
    FirstPort,
    Folder,
    LoopSetOptions,
    Report,
)


def up(
    federation: FederationFolder = DEFAULT_FEDERATION,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
    detach: Annotated[bool, typer.Option("--detach", help="leave it running and return")] = False,
    loop_set: LoopSetOptions = None,
) -> None:
    """Start Kafka, PostgreSQL and every service; Ctrl-C ends them all."""
    from otklik import up_command

    up_command.up(federation, folder, port, detach, loop_set or [])


def down(folder: Folder = VAR) -> None:
    """End everything that runs under the folder, a demo, replay or bench of it too."""
    from otklik import up_command

    up_command.down(folder)


def demo(
    exit_after: Annotated[bool, typer.Option("--exit", help="end when the log ends; implies --accept auto")] = False,
    days: Days = None,
    accept: AcceptOption = None,
    report: Report = None,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
    loop_set: LoopSetOptions = None,
) -> None:
    """Half a year of Boston's complaints through the whole system, on servers started for it."""
    from otklik import demo_command

    demo_command.demo(exit_after, days, accept, report, seed, folder, port, loop_set or [])


def replay(
    csv: Annotated[Path, typer.Option(help="a log of service requests, CSV or gzipped CSV")],
    federation: Annotated[
        Path | None, typer.Option(help="folder of the federation's data; without it, one is learnt from the log")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="of the log's times, where a federation is learnt")] = None,
    days: Days = None,
    accept: AcceptOption = "auto",
    report: Report = None,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
    whole: Annotated[bool, typer.Option("--whole", help="replay what the rules were learnt from, too")] = False,
    loop_set: LoopSetOptions = None,
) -> None:
    """Replay a log through a federation, on servers started for it, and end.

    A federation that is learnt for it has its rules from the log's first third, and only what comes after is replayed;
    one that is wrong on purpose somewhere is taken only where it is named. Interrupted, it tells what it has and ends
    with code 130.

    A log is CSV (gzipped or not; comma, semicolon, tab or bar) with case_id and opened_at, however spelt; other columns
    may be missing. Left out, counted and named by line in the report: rows without id or readable time, with an id that
    stood before, with a time outside the calendars, with a quote that is not closed. Kept without the field, and
    counted: times before the opening, points that cannot be or that stand for many.
    """
    from otklik import demo_command

    demo_command.replay(csv, federation, timezone, days, accept, report, seed, folder, port, whole, loop_set or [])


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on standard output")] = False,
    records: Annotated[int, typer.Option(help="messages through the product")] = 100_000,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
) -> None:
    """Measure the product against a bare pipe of the same hops, on servers started for it."""
    from otklik import bench_command

    bench_command.measure(as_json, records, seed, folder, port)
