"""`otklik channel`: plug a channel in while everything runs, watch it, take it away again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.contracts.provisioning import integrator_of
from common.federation.country import Federation, FederationError, load_federation
from embedded.errors import EmbeddedError
from embedded.kafka_server import REAUTHENTICATE_MS
from embedded.provision import administrator_of, provision_channel, remove_channel, rotate_channel
from embedded.stack import Stack, start, status
from provision import channel_life
from provision.errors import ProvisionError
from provision.partitions import report
from rich.console import Console

from otklik.channel_snippet import Access, snippet
from otklik.channel_watch import NothingToWatch, given_settings, operator_settings, show
from otklik.inspection import NoAnswer, ask
from otklik.locate import Installed, NothingRuns, find_running
from otklik.process_plan import PREFIX, installation_of

NAME = re.compile(r"[a-z0-9_-]{1,60}")
VAR = Path("var")
Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]
Name = Annotated[str, typer.Argument(help="small letters, digits, - and _")]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Channels: plug one in, watch it, change or remove its user."
)
console = Console()


class BadName(ValueError):
    """What cannot be the name of a channel; or one that may not be removed so."""


@dataclass(frozen=True)
class Running:
    """The servers that a command is about, and what runs on them."""

    stack: Stack
    place: Installed
    federation: Federation

    @property
    def installation(self) -> Installation:
        return installation_of(self.federation)


@app.command()
def add(name: Name, folder: Folder = VAR) -> None:
    """Make a channel's topics and its integrator's user; messages published there become cases at once."""
    with _in_words():
        _check(name)
        here = _running(folder)
        clock = _clock(here)
        password = provision_channel(here.stack, here.installation, name)
        access = Access(here.stack.kafka_bootstrap, PREFIX, name, password)
        program = snippet(access, here.federation, clock)
    console.print(f"[bold]{name}[/bold] is plugged in; publish to it with any Kafka client:")
    console.print(program, highlight=False, markup=False, soft_wrap=True)


@app.command("list")
def list_(folder: Folder = VAR) -> None:
    """The channels of the running installation, and whether an integrator may use them."""
    with _in_words():
        here = _running(folder)
        found = channel_life.channel_states(administrator_of(here.stack), here.installation)
    for one in found:
        state = "" if not one.user else "  integrator enabled" if one.enabled else "  integrator disabled"
        console.print(f"{one.name}{state}", highlight=False)


@app.command()
def rotate(name: Name, folder: Folder = VAR) -> None:
    """Give a channel's integrator another password; the old one opens no connection any more."""
    with _in_words():
        _check(name)
        here = _running(folder)
        password = rotate_channel(here.stack, here.installation, name)
    console.print(f"{integrator_of(name)}: {password}", highlight=False, markup=False)
    minutes = REAUTHENTICATE_MS // 60_000
    console.print(
        f"Connections that are open go on for {minutes} minutes at most; `disable` ends their rights at once."
    )


@app.command()
def disable(name: Name, folder: Folder = VAR) -> None:
    """Take a channel's integrator its rights, at once; topics and what lies on them stay."""
    with _in_words():
        _check(name)
        here = _running(folder)
        channel_life.disable_channel(administrator_of(here.stack), here.installation, name)
    console.print(f"{name}: its integrator may read and write nothing; `channel enable {name}` gives it back")


@app.command()
def enable(name: Name, folder: Folder = VAR) -> None:
    """Give a channel's integrator its rights again."""
    with _in_words():
        _check(name)
        here = _running(folder)
        channel_life.enable_channel(administrator_of(here.stack), here.installation, name)
    console.print(f"{name}: its integrator may publish and read again")


@app.command()
def remove(
    name: Name,
    topics: Annotated[bool, typer.Option("--topics", help="the topics too, with all that lies on them")] = False,
    folder: Folder = VAR,
) -> None:
    """Remove a channel's integrator and its rights; the topics only if asked."""
    with _in_words():
        _check(name)
        here = _running(folder)
        if topics and name in here.installation.channels:
            raise BadName(f"{name} is a channel of the federation: take it out of federation.yaml first")
        remove_channel(here.stack, here.installation, name, with_topics=topics)
    console.print(f"{name}: its integrator is removed" + (", and its topics" if topics else "; its topics are kept"))


@app.command()
def watch(
    name: Name,
    beginning: Annotated[bool, typer.Option("--from-beginning", help="also what happened before")] = False,
    to_end: Annotated[bool, typer.Option("--exit", help="end when all that is there was shown")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    folder: Folder = VAR,
) -> None:
    """What becomes of each message of a channel, as it happens: accepted or rejected and why, notices, receipts.

    As the operator of what runs under the folder; where OTKLIK_KAFKA_BOOTSTRAP is set, as OTKLIK_KAFKA_USER with
    OTKLIK_KAFKA_PASSWORD (an integrator's own, for instance), who sees what that user may read.
    """
    with _in_words(), suppress(KeyboardInterrupt):
        _check(name)
        settings = given_settings()
        if settings is None:
            here = _running(folder)
            settings = operator_settings(here.stack, here.place.federation)
        asyncio.run(show(settings, name, console, beginning=beginning, to_end=to_end, as_json=as_json))


def partitions(
    grow: Annotated[bool, typer.Option("--grow", help="add what is missing; most keys move: do it at rest")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="also while records wait to be handled")] = False,
    folder: Folder = VAR,
) -> None:
    """Topics that have another number of partitions than federation.yaml says; add those that are missing."""
    with _in_words():
        here = _running(folder)
        lines = report(administrator_of(here.stack), here.installation, grow_them=grow, anyway=anyway)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def _in_words() -> Iterator[None]:
    """What goes wrong, as one line and exit code 1."""
    try:
        yield
    except (
        BadName, EmbeddedError, FederationError, KafkaError, NoAnswer, NothingRuns, NothingToWatch, ProvisionError,
    ) as error:  # fmt: skip
        console.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise BadName(f"{name!r} cannot be a channel: small letters, digits, - and _, 60 at most")


def _running(folder: Path) -> Running:
    """Raises NothingRuns, EmbeddedError or FederationError."""
    place = find_running(folder)
    if not all(status(place.folder).values()):
        raise EmbeddedError(f"Kafka or PostgreSQL does not run under {place.folder}; `otklik status` says more")
    return Running(start(place.folder), place, load_federation(place.federation))


def _clock(here: Running) -> datetime | None:
    """The time of a replay, None where time is real. Raises NoAnswer."""
    found = ask(here.place, "/api/status")
    if not found["simulated"]:
        return None
    if found["now"] is None:
        raise NoAnswer("the clock of this replay has not begun to tick yet: ask again in a moment")
    return datetime.fromisoformat(found["now"])
