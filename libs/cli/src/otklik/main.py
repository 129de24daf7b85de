"""`otklik`: the operator's command line."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, cast, get_args

import httpx
import typer
from aiokafka.errors import KafkaError
from common.federation.country import FederationError
from common.runtime.sign_in import SignInLinks
from embedded.errors import EmbeddedError
from rich.console import Console
from rich.text import Text
from world.choose_federation import choose
from world.csvfile import LogError
from world.log import read_log
from world.quiescence import NotAtRest
from world.replay import Accept
from world.run import Task, WorldError
from world.sending import NotTaken

from otklik import channel, clock_command, dlq, federation_command
from otklik.bench.command import Plan, bench
from otklik.bench.pipe_run import PipeFailed
from otklik.bench.show import print_bench
from otklik.inspection import status, trace, why
from otklik.locate import all_under
from otklik.process_plan import FIRST_PORT, edge_url, portal_url
from otklik.replay_command import Interrupted, replay_here, tell, write_report
from otklik.sign_in_command import sign_in
from otklik.supervisor import Crashed, Supervisor, stop_all
from otklik.supervisor_lock import end_other, refuse_second

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Otklik: start it, watch it, ask it why.")
app.add_typer(channel.app, name="channel")
app.add_typer(clock_command.app, name="clock")
app.add_typer(dlq.app, name="dlq")
app.command("partitions")(channel.partitions)
app.add_typer(federation_command.app, name="federation")
console = Console()

Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]
FederationFolder = Annotated[Path, typer.Option("--federation", help="folder of the federation's data")]
VAR = Path("var")
DEFAULT_FEDERATION = Path("deploy/federations/boston")
FirstPort = Annotated[int, typer.Option("--port", help="the portal's port; intake's edge takes the next one")]


def say(words: str) -> None:
    # Where output goes to a file on a full disk, the work must go on without it.
    with contextlib.suppress(OSError):
        console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {words}", soft_wrap=True, highlight=False)


class _Ended(Exception):
    """SIGTERM or Ctrl-C."""


def _end(number: int, frame: FrameType | None) -> None:
    """Once: a second Ctrl-C must not interrupt the orderly end."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise _Ended


@app.command()
def up(
    federation: FederationFolder = DEFAULT_FEDERATION,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
    detach: Annotated[bool, typer.Option("--detach", help="leave it running and return")] = False,
) -> None:
    """Start Kafka, PostgreSQL and every service; Ctrl-C ends them all."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        supervisor = Supervisor(folder, federation, first_port=port)
    except FederationError as error:
        raise typer.Exit(_complain(error)) from error
    try:
        supervisor.start(say)
        _greet(supervisor)
        if detach:
            supervisor.leave()
            say("running; `otklik down` ends it")
            return
        while True:
            time.sleep(1)
            supervisor.tend(say)
    except _Ended:
        supervisor.stop(say)
    except (EmbeddedError, Crashed) as error:
        supervisor.stop(say)
        raise typer.Exit(_complain(error)) from error


Days = Annotated[int | None, typer.Option(help="simulated days from the first message; the whole log by default")]
AcceptOption = Annotated[str | None, typer.Option(help="proposals: ask (on the portal), auto (after 3 days), never")]
Report = Annotated[Path | None, typer.Option(help="write the account of the run here, as JSON")]
BOSTON_LOG = DEFAULT_FEDERATION / "log" / "boston_2011_h2.csv.gz"


@app.command()
def demo(
    exit_after: Annotated[bool, typer.Option("--exit", help="end when the log ends; implies --accept auto")] = False,
    days: Days = None,
    accept: AcceptOption = None,
    report: Report = None,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
) -> None:
    """Half a year of Boston's complaints through the whole system, on servers started for it."""
    decided = _accept(accept or ("auto" if exit_after else "ask"))
    own = _emptied(folder, DEFAULT_FEDERATION)
    _replay(Task(DEFAULT_FEDERATION, BOSTON_LOG, seed, days, decided), report, exit_after, own, port)


@app.command()
def replay(
    csv: Annotated[Path, typer.Option(help="a log of service requests, CSV or gzipped CSV")],
    federation: Annotated[
        Path | None, typer.Option(help="folder of the federation's data; without it, one is learnt from the log")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="of the log's times, where a federation is learnt")] = None,
    days: Days = None,
    accept: AcceptOption = "auto",
    report: Report = None,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
) -> None:
    """Replay a log through a federation, on servers started for it, and end.

    A log is CSV (gzipped or not; comma, semicolon, tab or bar) with case_id and opened_at, however spelt; other columns
    may be missing. Left out, counted and named by line in the report: rows without id or readable time, with an id that
    stood before, with a time outside the calendars, with a quote that is not closed. Kept without the field, and
    counted: times before the opening, points that cannot be or that stand for many.
    """
    decided = _accept(accept or "auto")
    try:
        read_log(csv, timezone or "UTC")
        own = _emptied(folder, federation)
        chosen = choose(csv, federation, DEFAULT_FEDERATION, own / "federation", timezone)
    except (FederationError, LogError) as error:
        raise typer.Exit(_complain(error)) from error
    say(chosen.words)
    _replay(Task(chosen.folder, csv, seed, days, decided), report, True, own, port)


def _accept(words: str) -> Accept:
    if words not in get_args(Accept):
        raise typer.Exit(_complain(ValueError(f"--accept is {words!r}; write ask, auto or never")))
    return cast(Accept, words)


def _emptied(base: Path, federation: Path | None) -> Path:
    """The folder of a replay, empty. Raises FederationError where that would take the federation away."""
    if federation is not None and federation.resolve().is_relative_to(base.resolve() / "replay"):
        raise FederationError(
            f"{federation} lies in the folder of replays, which each empties: copy it elsewhere first"
        )
    return fresh_folder(base, "replay")


def _replay(task: Task, report: Path | None, exit_after: bool, folder: Path, port: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        supervisor = Supervisor(folder, task.federation, time="ticks", clock=False, first_port=port, one_source=True)
    except FederationError as error:
        raise typer.Exit(_complain(error)) from error
    try:
        stack = supervisor.start(say)
        _greet(supervisor)
        found = replay_here(task, stack, supervisor, console, say)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        write_report(found, report)
        tell(found, console)
        if not exit_after:
            say("the log has ended; the pages stay up until Ctrl-C")
            while True:
                time.sleep(1)
                supervisor.tend(say)
        supervisor.stop(say)
    except (_Ended, Interrupted):
        supervisor.stop(say)
    except (EmbeddedError, Crashed, WorldError, LogError, FederationError, NotAtRest, NotTaken, KafkaError) as error:
        supervisor.stop(say)
        raise typer.Exit(_complain(error)) from error


def fresh_folder(base: Path, name: str) -> Path:
    """An empty folder for a run with its own time; the jars are shared with everything under `base`."""
    folder = base.resolve() / name
    try:
        refuse_second(folder)
    except EmbeddedError as error:
        raise typer.Exit(_complain(error)) from error
    stop_all(folder, lambda words: None)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    jars = base.resolve() / "jars"
    jars.mkdir(exist_ok=True)
    (folder / "jars").symlink_to(jars)
    return folder


def _greet(supervisor: Supervisor) -> None:
    portal = portal_url(supervisor.first_port)
    console.print(f"\n[bold]{supervisor.federation.title}[/bold] is running: {portal}")
    console.print(f"messages: POST {edge_url(supervisor.first_port)}/v1/channels/<channel>/messages\n")
    console.print("links that sign in, each once and within twelve hours (`otklik sign-in PERSON` makes more):")
    links = SignInLinks.load(supervisor.folder / "keys")
    assert links is not None
    for person in supervisor.federation.people:
        if person.role != "desk":
            address = links.address(portal, person.id)
            console.print(f"  {person.id:<24} {address}", highlight=False, soft_wrap=True)


def _complain(error: Exception) -> int:
    console.print(Text(str(error), style="red"), soft_wrap=True)
    return 1


@app.command()
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
        raise typer.Exit(_complain(error)) from error
    left = all_under(folder)
    if left:
        words = f"still running: {', '.join(map(str, left))}; `otklik status` says what"
        raise typer.Exit(_complain(EmbeddedError(words)))


@app.command("bench")
def bench_(
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on standard output")] = False,
    records: Annotated[int, typer.Option(help="messages through the product")] = 100_000,
    seed: int = 1,
    folder: Folder = VAR,
    port: FirstPort = FIRST_PORT,
) -> None:
    """Measure the product against a bare pipe of the same hops, on servers started for it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    own = fresh_folder(folder, "bench")
    supervisor = Supervisor(own, DEFAULT_FEDERATION, first_port=port, one_source=True)
    tell_progress = (lambda words: None) if as_json else say
    try:
        stack = supervisor.start(tell_progress)
        plan = Plan(records, seed)
        found = asyncio.run(bench(plan, stack, supervisor.federation, port, tell_progress))
        supervisor.stop(tell_progress)
    except _Ended:
        supervisor.stop(tell_progress)
        return
    except (EmbeddedError, Crashed, PipeFailed, NotAtRest, KafkaError, httpx.HTTPError) as error:
        supervisor.stop(tell_progress)
        raise typer.Exit(_complain(error)) from error
    print_bench(found, as_json)


app.command("sign-in")(sign_in)
app.command()(status)
app.command()(why)
app.command()(trace)

if __name__ == "__main__":
    app()
