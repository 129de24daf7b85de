"""The one terminal of a command: where lines go, and how what goes wrong is said."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text


class SafeConsole(Console):
    """Shows what outsiders wrote as text: their control characters give no orders to the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def visible(text: str) -> str:
    """The text with control and formatting characters written as escapes, but for line ends and tabs."""
    if text.isprintable():
        return text
    return "".join(
        repr(c)[1:-1] if c not in "\n\t" and unicodedata.category(c).startswith("C") else c for c in text
    )  # fmt: skip


console = SafeConsole()


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
