"""`otklik dlq`: dead letters."""

from __future__ import annotations

from typing import Annotated

import typer

from otklik.commands.group import Group
from otklik.options import VAR, Folder, LetterId, LetterIds, LetterReason, LetterService, LetterTopic

app = typer.Typer(cls=Group, no_args_is_help=True, help="Dead letters: list, show, replay, skip.")


@app.command("list")
def list_(
    folder: Folder = VAR,
    service: LetterService = None,
    topic: LetterTopic = None,
    reason: LetterReason = None,
    every: Annotated[bool, typer.Option("--all", help="also those that were replayed or skipped")] = False,
    groups: Annotated[bool, typer.Option("--groups", help="count by service, topic and reason")] = False,
    limit: Annotated[int, typer.Option(help="show at most so many, the oldest first", min=1)] = 100,
) -> None:
    """Where each open dead letter came from, when, of which case, and why; without its bytes."""
    from otklik import dead_letter_command
    from otklik.dead_letter_history import Wanted

    dead_letter_command.list_letters(folder, Wanted(service, topic, reason, every), groups=groups, limit=limit)


@app.command()
def show(letter: LetterId, folder: Folder = VAR) -> None:
    """The original bytes. They may hold personal data: that you looked is recorded first."""
    from otklik import dead_letter_command

    dead_letter_command.show(letter, folder)


@app.command()
def replay(
    letters: LetterIds = None,
    folder: Folder = VAR,
    service: LetterService = None,
    topic: LetterTopic = None,
    reason: LetterReason = None,
) -> None:
    """Order that letters are handled again, and what is parked behind them; say what became of each.

    Which: by id, or in bulk all open ones of a service, a topic or a reason.
    """
    from common.contracts.events.operations import ReplayDeadLetter

    from otklik import dead_letter_command
    from otklik.dead_letter_history import Wanted

    dead_letter_command.settle(letters or [], Wanted(service, topic, reason), folder, ReplayDeadLetter)


@app.command()
def skip(
    letters: LetterIds = None,
    folder: Folder = VAR,
    service: LetterService = None,
    topic: LetterTopic = None,
    reason: LetterReason = None,
) -> None:
    """Give letters up; what is parked behind them goes on. Say what became of each.

    Which: by id, or in bulk all open ones of a service, a topic or a reason.
    """
    from common.contracts.events.operations import SkipDeadLetter

    from otklik import dead_letter_command
    from otklik.dead_letter_history import Wanted

    dead_letter_command.settle(letters or [], Wanted(service, topic, reason), folder, SkipDeadLetter)
