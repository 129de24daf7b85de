"""`otklik up` and `otklik down`: an installation with a running clock, from start to end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import typer
from common.federation.country import FederationError
from embedded.errors import EmbeddedError

from otklik.console import complain
from otklik.locate import all_under
from otklik.loop_sets import LoopSetsWrong, asked_for
from otklik.supervisor import Crashed, Supervisor, stop_all
from otklik.supervisor_lock import end_other
from otklik.terminal import Ended, end_on_signals, greet, say


def up(federation: Path, folder: Path, port: int, detach: bool, loop_sets: Sequence[str]) -> None:
    """Start Kafka, PostgreSQL and every service; Ctrl-C ends them all."""
    try:
        sets = asked_for(loop_sets)
    except LoopSetsWrong as error:
        raise typer.Exit(complain(error)) from error
    end_on_signals()
    try:
        supervisor = Supervisor(folder, federation, first_port=port, loop_sets=sets)
    except FederationError as error:
        raise typer.Exit(complain(error)) from error
    try:
        supervisor.start(say)
        greet(supervisor)
        if detach:
            supervisor.leave()
            say("running; `otklik down` ends it")
            return
        while True:
            time.sleep(1)
            supervisor.tend(say)
    except Ended:
        supervisor.stop(say)
    except (EmbeddedError, Crashed) as error:
        supervisor.stop(say)
        raise typer.Exit(complain(error)) from error


def down(folder: Path) -> None:
    """End everything that runs under the folder, a demo, replay or bench of it too."""
    places = all_under(folder)
    if not places:
        say(f"nothing runs under {folder.resolve()}")
    try:
        for place in places:
            say(f"ending what runs under {place}")
            end_other(place, say)
            stop_all(place, say)
    except EmbeddedError as error:
        raise typer.Exit(complain(error)) from error
    left = all_under(folder)
    if left:
        words = f"still running: {', '.join(map(str, left))}; `otklik status` says what"
        raise typer.Exit(complain(EmbeddedError(words)))
