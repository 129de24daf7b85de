"""`otklik demo` and `otklik replay`: a log through a whole installation that is started for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import typer
from aiokafka.errors import KafkaError
from common.federation.country import FederationError
from embedded.errors import EmbeddedError
from world.afterwards import NoTimeYet
from world.choose_federation import choose
from world.csvfile import LogError
from world.log import read_log
from world.quiescence import NotAtRest
from world.replay import Accept
from world.run import Task, WorldError
from world.sending import NotTaken

from otklik.console import complain, console, one_line_errors
from otklik.loop_sets import LoopSets, LoopSetsWrong, asked_for
from otklik.options import DEFAULT_FEDERATION
from otklik.outputs import can_be_written
from otklik.replay_command import Interrupted, keep_time_here, replay_here, tell, write_report
from otklik.run_folder import fresh_folder
from otklik.supervisor import Crashed, Supervisor
from otklik.terminal import Ended, end_on_signals, greet, say

WRONG = (
    EmbeddedError, Crashed, WorldError, LogError, FederationError, NotAtRest, NotTaken, NoTimeYet, KafkaError,
)  # fmt: skip
"""What ends a run in words."""
INTERRUPTED = 130
"""Exit code of what was to end by itself and was ended by a signal."""
BOSTON_LOG = DEFAULT_FEDERATION / "log" / "boston_2011_h2.csv.gz"


def demo(
    exit_after: bool,
    days: int | None,
    accept: str | None,
    report: Path | None,
    seed: int,
    folder: Path,
    port: int,
    loop_sets: Sequence[str],
) -> None:
    """Half a year of Boston's complaints through the whole system, on servers started for it."""
    decided = _accept(accept or ("auto" if exit_after else "ask"))
    sets = _loop_sets(loop_sets)
    with one_line_errors():
        can_be_written(report)
    own = _emptied(folder, DEFAULT_FEDERATION)
    _replay(Task(DEFAULT_FEDERATION, BOSTON_LOG, seed, days, decided), report, exit_after, own, port, sets)


def replay(
    csv: Path,
    federation: Path | None,
    timezone: str | None,
    days: int | None,
    accept: str | None,
    report: Path | None,
    seed: int,
    folder: Path,
    port: int,
    whole: bool,
    loop_sets: Sequence[str],
) -> None:
    """Replay a log through a federation, on servers started for it, and end."""
    decided = _accept(accept or "auto")
    sets = _loop_sets(loop_sets)
    with one_line_errors():
        can_be_written(report)
    try:
        read_log(csv, timezone or "UTC")
        own = _emptied(folder, federation)
        chosen = choose(csv, federation, DEFAULT_FEDERATION, own / "federation", timezone)
    except (FederationError, LogError) as error:
        raise typer.Exit(complain(error)) from error
    say(chosen.words)
    after = chosen.learnt_until.isoformat() if chosen.learnt_until is not None and not whole else None
    _replay(Task(chosen.folder, csv, seed, days, decided, after=after), report, True, own, port, sets)


def _accept(words: str) -> Accept:
    if words not in get_args(Accept):
        raise typer.Exit(complain(ValueError(f"--accept is {words!r}; write ask, auto or never")))
    return cast(Accept, words)


def _loop_sets(options: Sequence[str]) -> LoopSets:
    try:
        return asked_for(options)
    except LoopSetsWrong as error:
        raise typer.Exit(complain(error)) from error


def _emptied(base: Path, federation: Path | None) -> Path:
    """The folder of a replay, empty. Raises FederationError where that would take the federation away."""
    if federation is not None and federation.resolve().is_relative_to(base.resolve() / "replay"):
        raise FederationError(
            f"{federation} lies in the folder of replays, which each empties: copy it elsewhere first"
        )
    return fresh_folder(base, "replay")


def _replay(task: Task, report: Path | None, exit_after: bool, folder: Path, port: int, sets: LoopSets) -> None:
    end_on_signals()
    try:
        supervisor = Supervisor(
            folder, task.federation, time="ticks", clock=False, first_port=port, one_source=True, loop_sets=sets
        )
    except FederationError as error:
        raise typer.Exit(complain(error)) from error
    try:
        stack = supervisor.start(say)
        greet(supervisor)
        found = replay_here(task, stack, supervisor, console, say)
        end_on_signals()
        tell(found, console)
        write_report(found, report)
        if not exit_after:
            say("the log has ended; its time goes on by the minute, and the pages stay up until Ctrl-C")
            keep_time_here(task, stack, supervisor, say)
        supervisor.stop(say)
    except (Ended, Interrupted) as interrupted:
        supervisor.stop(say)
        so_far = interrupted.report if isinstance(interrupted, Interrupted) else None
        if so_far is not None:
            tell(so_far, console)
            with one_line_errors(WorldError):
                write_report(so_far, report)
        if exit_after:
            raise typer.Exit(INTERRUPTED) from interrupted
    except WRONG as error:
        supervisor.stop(say)
        raise typer.Exit(complain(error)) from error
