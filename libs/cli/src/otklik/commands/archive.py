"""`otklik archive`: what the archive gives away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(cls=Group, no_args_is_help=True, help="The past: the public log of cases as files.")


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="folder to write cases.csv, cases.parquet and dictionary.json to")],
    folder: Folder = VAR,
) -> None:
    """Write the public log of cases: one row a case, nothing that leads to a citizen, with a dictionary of columns."""
    from otklik import archive_command

    archive_command.export(target, folder)
