"""The chained record of every change of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otklik.options import VAR, Folder


def verify_record(
    folder: Folder = VAR,
    file: Annotated[Path | None, typer.Option(help="an exported record, instead of what runs")] = None,
    head: Annotated[list[str] | None, typer.Option(help="NUMBER:HASH as it was published one day")] = None,
    heads: Annotated[Path | None, typer.Option(help="a file of published heads, one a line")] = None,
    export: Annotated[Path | None, typer.Option(help="write the record to this file, one link a line")] = None,
) -> None:
    """Say whether every step of the rulebook is as it was written: none dropped, changed, inserted or put elsewhere.

    The heads on the topic rules.heads are compared as well; one that was kept elsewhere proves more. Exit code 1 when
    the record does not hold, 2 when it cannot be read.
    """
    from otklik import verify_command

    verify_command.verify(folder, file, head or [], heads, export)
