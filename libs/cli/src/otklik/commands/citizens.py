"""What can be ordered about what the vault knows of a citizen."""

from __future__ import annotations

from typing import Annotated

import typer

from otklik.options import VAR, Folder


def erase(
    citizen: Annotated[str, typer.Argument(help="the citizen's pseudonym, as events name it")],
    why: Annotated[str, typer.Option("--why", help="why; it stands in the order")] = "",
    folder: Folder = VAR,
) -> None:
    """Destroy what the vault knows of a citizen: every service forgets their words, counts stay. Cannot be undone."""
    from otklik import erase_command

    erase_command.erase(citizen, why, folder)


def original(
    message: Annotated[str, typer.Argument(help="the message's id, as events name it")],
    why: Annotated[str, typer.Option("--why", help="why; the citizen is told")],
    folder: Folder = VAR,
) -> None:
    """What a citizen wrote, as it came. That you open it is recorded first, and the citizen is told."""
    from otklik import original_command

    original_command.show_original(message, why, folder)
