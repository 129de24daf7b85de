"""`otklik clock`: what time it is, and taking wrong ticks back."""

from __future__ import annotations

from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder

app = typer.Typer(
    cls=Group, invoke_without_command=True, help="The clock: what time it is, and taking wrong ticks back."
)


@app.callback()
def show(context: typer.Context, folder: Folder = VAR) -> None:
    """The last tick, what each service has heard, which ticks were refused, and whether one was wrong."""
    if context.invoked_subcommand is not None:
        return
    from otklik import clock_command

    clock_command.show(folder)


@app.command()
def correct(
    to: Annotated[str, typer.Option(help="end of the last right tick, such as 2026-07-01T12:00:00Z")],
    reason: Annotated[str, typer.Option(help="what was wrong; it is told with everything that is taken back")],
    folder: Folder = VAR,
    actor: Annotated[str | None, typer.Option(help="id of a person; by default the installation itself")] = None,
) -> None:
    """Take back what ticks after a time did: missed deadlines, the ladder, directives, notices, proposals of loops."""
    from otklik import clock_command

    clock_command.correct(to, reason, folder, actor)
