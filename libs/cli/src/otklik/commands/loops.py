"""`otklik loop`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(cls=Group, no_args_is_help=True, help="Loops that others run: let one in, list them, take one out.")
Loop = Annotated[str, typer.Argument(help="small letters, digits, - and _")]


@app.command()
def new(
    name: Loop,
    into: Annotated[Path | None, typer.Option(help="the folder to make; by default one of the loop's name")] = None,
    folder: Folder = VAR,
) -> None:
    """Let somebody outside run a loop: user, rights and key, with a client, an example and its test in a folder."""
    from otklik import loop

    loop.new(name, folder, into=into)


@app.command("list")
def list_(folder: Folder = VAR) -> None:
    """The loops that others may run here."""
    from otklik import loop

    loop.list_loops(folder)


@app.command()
def remove(name: Loop, folder: Folder = VAR) -> None:
    """Take a loop outside its user, its rights and its key, at once; what it proposed stays."""
    from otklik import loop

    loop.remove(name, folder)
