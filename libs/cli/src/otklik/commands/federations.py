"""`otklik federation`: a country's folder of data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group

app = typer.Typer(cls=Group, no_args_is_help=True, help="A federation's folder of data.")


@app.callback()
def _group() -> None:
    """Keeps `check` a command of its own."""


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="folder of the federation's data")]) -> None:
    """Say every fault of a federation with file and line; exits 1 when there is one. Remarks alone are no fault."""
    from otklik import federation_command

    federation_command.check(folder)
