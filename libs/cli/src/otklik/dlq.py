"""`otklik dlq`: look at dead letters, order their replay. What may hold personal data is shown only on the record."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka.errors import KafkaError
from common.catalogue import Installation
from common.envelope import Envelope, derived_id, to_headers
from common.events.base import Actor, Command
from common.events.operations import RecordDisclosure, ReplayDeadLetter, SkipDeadLetter
from common.federation import Federation, FederationError, load_federation
from common.kafka import Record, new_producer, read_to_end
from common.settings import Settings, SettingsError, load_settings
from common.signing import Signer
from embedded.errors import EmbeddedError
from embedded.stack import Stack, passwords, start, status
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from otklik.asking import NoAnswer, ask
from otklik.ground import PREFIX, installation_of
from otklik.whereabouts import Installed, NothingRuns, find_running

PRINCIPAL = "operator"
TOPIC = "operations.commands"
Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]
Id = Annotated[str, typer.Argument(help="id of a dead letter, as `dlq list` shows it")]
VAR = Path("var")
OUTCOME_SECONDS = 20.0

app = typer.Typer(no_args_is_help=True, help="Dead letters: list, show, replay, skip.")
console = Console()


class NoLetter(LookupError):
    """There is no such dead letter, or nobody may order about it."""


@dataclass(frozen=True)
class Letter:
    """A dead letter as it lies in its topic."""

    id: str
    service: str
    record: Record

    def header(self, name: str) -> str:
        found = next((v for n, v in self.record.headers if n == name), None)
        return (found or b"").decode("utf-8", "replace")


@dataclass(frozen=True)
class Desk:
    """An operator at a running installation."""

    place: Installed | None
    """None where the environment, not a folder, says what there is; the portal is not asked then."""
    settings: Settings
    federation: Federation
    installation: Installation

    async def letters(self) -> list[Letter]:
        """Every dead letter that its topic still keeps, settled or not."""
        found = []
        for service in self.installation.instances():
            for record in await read_to_end(self.settings, self.installation.physical(f"{service}.deadletters")):
                found.append(Letter((record.key or b"").decode(), service, record))
        return found

    async def letter(self, letter_id: str) -> Letter:
        """One letter by its id, or the beginning of it; raises NoLetter."""
        found = [one for one in await self.letters() if one.id.startswith(letter_id)]
        if len({one.id for one in found}) != 1:
            many = "several dead letters begin" if found else "no dead letter begins"
            raise NoLetter(f"{many} with {letter_id!r}; `otklik dlq list` shows what there is")
        return found[0]

    def actor(self) -> Actor:
        """The federal centre's or an operator's identity of this federation; raises NoLetter."""
        for person in self.federation.people:
            if person.role in ("federal", "operator"):
                return Actor(id=person.id, role=person.role, scope=person.scope)
        raise NoLetter("nobody in this federation may give orders about dead letters: add a person of role operator")

    def states(self) -> dict[str, dict[str, Any]]:
        """What the portal knows of each letter: its state and the last that was said about it."""
        return {} if self.place is None else ask(self.place, "/api/dead_letters")

    async def order(self, command: Command, service: str) -> str:
        """Publish a signed order; returns its id."""
        signer = Signer.load(self.settings.keys, PRINCIPAL)
        if signer is None:
            raise NoLetter(f"{self.settings.keys}/private/{PRINCIPAL}.pem is missing; `otklik up` makes it")
        now, body = datetime.now(UTC), command.model_dump_json(exclude_none=True).encode()
        event_id = derived_id(PRINCIPAL, command.type, service, now.isoformat(), body.decode())
        envelope = Envelope(event_id, PRINCIPAL, command.type, now, service, event_id)
        envelope = signer.sign(TOPIC, service, envelope, body)
        producer = new_producer(self.settings)
        await producer.start()
        try:
            await producer.send_and_wait(
                self.installation.physical(TOPIC), value=body, key=service.encode(), headers=to_headers(envelope)
            )
        finally:
            await producer.stop()
        return event_id

    async def outcome(self, letter_id: str, order_id: str) -> str | None:
        """What the service said about an order, in words; None when it has not within OUTCOME_SECONDS."""
        if self.place is None:
            return "ordered; the portal's page Operations tells what became of it"
        end = time.monotonic() + OUTCOME_SECONDS
        while time.monotonic() < end:
            last = self.states().get(letter_id, {}).get("last", {})
            if last.get("cause") == order_id:
                reason = f": {last['reason']}" if last.get("reason") else ""
                return f"{last['outcome'].replace('_', ' ')}{reason}"
            await asyncio.sleep(0.3)
        return None


def desk_at(folder: Path) -> Desk:
    """The operator's place at what runs under a folder; raises NothingRuns or EmbeddedError.

    Where OTKLIK_KAFKA_BOOTSTRAP is set, the environment says everything instead, as it does to a service.
    """
    if "OTKLIK_KAFKA_BOOTSTRAP" in os.environ:
        settings = load_settings()
        federation = load_federation(settings.federation)
        return Desk(None, settings, federation, replace(installation_of(federation), prefix=settings.prefix))
    place = find_running(folder)
    if not all(status(place.folder).values()):
        raise EmbeddedError(f"Kafka or PostgreSQL does not run under {place.folder}; `otklik status` says more")
    stack: Stack = start(place.folder)
    federation = load_federation(place.federation)
    secret = passwords(stack.folder, [f"kafka:{PRINCIPAL}"])[f"kafka:{PRINCIPAL}"]
    settings = Settings(
        name=PRINCIPAL, prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=PRINCIPAL,
        kafka_password=SecretStr(secret), database_url="postgresql://none", federation=place.federation,
        keys=stack.folder / "keys",
    )  # fmt: skip
    return Desk(place, settings, federation, installation_of(federation))


@contextmanager
def said_in_words() -> Iterator[None]:
    """What goes wrong, as one line and exit code 1."""
    try:
        yield
    except (EmbeddedError, FederationError, KafkaError, NoLetter, NothingRuns, NoAnswer, SettingsError) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        raise typer.Exit(1) from error


@app.command("list")
def list_(
    folder: Folder = VAR,
    every: Annotated[bool, typer.Option("--all", help="also those that were replayed or skipped")] = False,
) -> None:
    """Where each open dead letter came from, and why; without its bytes."""
    with said_in_words():
        desk = desk_at(folder)
        letters, states = asyncio.run(desk.letters()), desk.states()
    shown = 0
    for one in letters:
        state = states.get(one.id, {}).get("state", "open")
        if state != "open" and not every:
            continue
        shown += 1
        console.print(f"[bold]{one.id}[/bold]  {one.service}  {state}", highlight=False)
        size = len(one.record.value or b"")
        console.print(f"  at {one.header('dead_letter_position')}, {size:,} bytes", highlight=False)
        console.print(f"  [yellow]{escape(_short(one.header('dead_letter_reason')))}[/yellow]", highlight=False)
    if not shown:
        console.print("no open dead letters" + ("" if every else "; --all shows those that were settled"))


def _short(words: str, limit: int = 300) -> str:
    return words if len(words) <= limit else f"{words[:limit]}…"


@app.command()
def show(letter: Id, folder: Folder = VAR) -> None:
    """The original bytes. They may hold personal data: that you looked is recorded first."""

    async def look(desk: Desk) -> Letter:
        found = await desk.letter(letter)
        order = RecordDisclosure(actor=desk.actor(), service=found.service, dead_letter_id=found.id)
        await desk.order(order, found.service)
        return found

    with said_in_words():
        found = asyncio.run(look(desk_at(folder)))
    for name, value in found.record.headers:
        words = (value or b"").decode("utf-8", "replace")
        console.print(f"{name}: {words}", highlight=False, markup=False, soft_wrap=True)
    console.print((found.record.value or b"").decode("utf-8", "replace"), highlight=False, markup=False, soft_wrap=True)


@app.command()
def replay(letter: Id, folder: Folder = VAR) -> None:
    """Order that it is handled again, and what is parked behind it; say what became of it."""
    _settle(letter, folder, ReplayDeadLetter)


@app.command()
def skip(letter: Id, folder: Folder = VAR) -> None:
    """Give it up; what is parked behind it goes on. Say what became of it."""
    _settle(letter, folder, SkipDeadLetter)


def _settle(letter: str, folder: Path, kind: type[ReplayDeadLetter] | type[SkipDeadLetter]) -> None:
    async def settle(desk: Desk) -> tuple[Letter, str | None]:
        found = await desk.letter(letter)
        command = kind(actor=desk.actor(), service=found.service, dead_letter_id=found.id)
        return found, await desk.outcome(found.id, await desk.order(command, found.service))

    with said_in_words():
        found, outcome = asyncio.run(settle(desk_at(folder)))
        if outcome is None:
            raise NoAnswer(f"ordered, but {found.service} has not answered: `otklik status` says whether it runs")
    console.print(f"{found.id}: {outcome}", highlight=False, markup=False)
    if outcome.startswith(("failed", "refused")):
        raise typer.Exit(1)
