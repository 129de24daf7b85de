"""`otklik up` and `otklik down`: an installation with a running clock, from start to end."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from common.federation.country import FederationError
from embedded.errors import EmbeddedError

from otklik.locate import all_under
from otklik.process_plan import FIRST_PORT
from otklik.supervisor import Crashed, Supervisor, stop_all
from otklik.supervisor_lock import end_other
from otklik.terminal import (
    DEFAULT_FEDERATION,
    VAR,
    Ended,
    FederationFolder,
    FirstPort,
    Folder,
    complain,
    end_on_signals,
    greet,
    say,
)


def up(
    federation: FederationFolder = DEFAULT_FEDERATION,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
    detach: Annotated[bool, typer.Option("--detach", help="leave it running and return")] = False,
) -> None:
    """Start Kafka, PostgreSQL and every service; Ctrl-C ends them all."""
    end_on_signals()
    try:
        supervisor = Supervisor(folder, federation, first_port=port)
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


def down(folder: Folder = VAR) -> None:
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
