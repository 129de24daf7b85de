"""The one terminal of a command: where lines go, and how what goes wrong is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

console = Console()


class CommandError(Exception):
    """What keeps a command from being done; the message says what, and what to do."""


@contextmanager
def one_line_errors(*others: type[Exception]) -> Iterator[None]:
    """CommandError and these as one line, and exit code 1."""
    said: tuple[type[Exception], ...] = (CommandError, *others)
    try:
        yield
    except said as error:
        raise typer.Exit(complain(error)) from error


def complain(error: Exception) -> int:
    """Say it; returns the exit code."""
    console.print(Text(str(error), style="red"), soft_wrap=True)
    return 1
