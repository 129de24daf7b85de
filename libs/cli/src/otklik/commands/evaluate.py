"""`otklik evaluate`: what the loops make of a log in which faults are planted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group

app = typer.Typer(cls=Group, no_args_is_help=True, help="What the loops make of a log in which faults are planted.")


@app.command()
def loops(
    csv: Annotated[Path, typer.Option("--csv", help="a log of service requests, CSV or gzipped CSV")],
    federation: Annotated[
        Path | None,
        typer.Option(help="folder of the federation's data; by default one is learnt from the first third"),
    ] = None,
    timezone: Annotated[str, typer.Option(help="of the log's times, where a federation is learnt")] = "UTC",
    seeds: Annotated[int, typer.Option(min=1, help="runs of each kind, each with faults and days of its own")] = 20,
    first_seed: Annotated[int, typer.Option(min=0, help="0 leaves out no days")] = 1,
    faults: Annotated[
        str | None, typer.Option(help="kinds by comma; all by default; a run without faults and a shuffled log always")
    ] = None,
    loops_: Annotated[str | None, typer.Option("--loops", help="loops by comma; all by default")] = None,
    report: Annotated[Path | None, typer.Option(help="write the figures here, as JSON")] = None,
    html: Annotated[Path | None, typer.Option(help="write one page for people here")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="side by side; one a core by default")] = None,
) -> None:
    """Plant faults in the later part of a log, drive the loops over it, and say what they find and at what price.

    Faults change what is true, never the rules. Rules are learnt from the log's first part alone, and what the figures
    are judged by the loops do not see. No service, broker or database takes part.
    """
    from otklik import evaluate_command

    evaluate_command.evaluate(
        csv, federation, timezone, range(first_seed, first_seed + seeds), faults, loops_, report, html, processes
    )
