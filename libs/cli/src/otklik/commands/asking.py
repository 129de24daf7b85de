"""Commands that ask what runs, and let a person in."""

from __future__ import annotations

from typing import Annotated

import typer

from otklik.options import STATUS_SECONDS, VAR, Case, Folder, Json, Patience


def status(folder: Folder = VAR, as_json: Json = False, patience: Patience = STATUS_SECONDS) -> None:
    """What is wrong and what waits because of it, what runs, and how the cases stand. Exit code 1 when it is not well.

    The worst comes first. Each problem names the log and its last error, and the runbook that says what to do.
    """
    from otklik.status import command

    command.status(folder, as_json, patience)


def why(case: Case, folder: Folder = VAR) -> None:
    """Which rows of which release decided where a case went, in words."""
    from otklik import case_command

    case_command.why(case, folder)


def trace(case: Case, folder: Folder = VAR) -> None:
    """Every event of a case: when it was, what caused it, where it lies."""
    from otklik import case_command

    case_command.trace(case, folder)


def sign_in(
    person: Annotated[str, typer.Argument(help="id of a person of the federation, such as head:north")],
    folder: Folder = VAR,
) -> None:
    """Print a link that signs a person in at the portal: once, within twelve hours."""
    from otklik import sign_in_command

    sign_in_command.sign_in(person, folder)
