"""`otklik loop`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(cls=Group, no_args_is_help=True, help="Loops that others run: let one in, check it, take it out.")
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
def check(name: Loop, folder: Folder = VAR) -> None:
    """How a loop outside is doing: key, rights, how far it has read, proposals and refusals. Exit code 1 when something
    is wrong."""
    from otklik import loop

    loop.check(name, folder)


@app.command()
def watch(
    name: Loop,
    beginning: Annotated[bool, typer.Option("--from-beginning", help="also what happened before")] = False,
    to_end: Annotated[bool, typer.Option("--to-end", help="stop at the present end")] = False,
    folder: Folder = VAR,
) -> None:
    """What a loop outside proposes, and what becomes of it, as it happens."""
    from otklik import loop

    loop.watch(name, folder, beginning=beginning, to_end=to_end)


@app.command()
def remove(name: Loop, folder: Folder = VAR) -> None:
    """Take a loop outside its user, its rights and its key, at once; what it proposed stays."""
    from otklik import loop

    loop.remove(name, folder)
