"""`otklik dlq`: look at dead letters, order their replay. What may hold personal data is shown only on the record."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

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
from rich.table import Table

from otklik.ground import PREFIX, installation_of

PRINCIPAL = "operator"
TOPIC = "operations.commands"
Folder = Annotated[Path, typer.Option(help="where data, keys and logs are kept")]
FederationFolder = Annotated[Path, typer.Option("--federation", help="folder of the federation's data")]
Id = Annotated[str, typer.Argument(help="id of a dead letter, as `dlq list` shows it")]
VAR = Path("var")
DEFAULT_FEDERATION = Path("deploy/federations/boston")

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

    async def order(self, command: Command, service: str) -> None:
        """Publish a signed order."""
        signer = Signer.load(self.settings.keys, PRINCIPAL)
        if signer is None:
            raise NoLetter(f"{self.settings.keys}/private/{PRINCIPAL}.pem is missing; `otklik up` makes it")
        now, body = datetime.now(UTC), command.model_dump_json(exclude_none=True).encode()
        event_id = derived_id(PRINCIPAL, command.type, service, now.isoformat(), body.decode())
        signature = signer.sign(event_id, command.type, service, now, body)
        envelope = Envelope(event_id, PRINCIPAL, command.type, now, service, event_id, signature=signature)
        producer = new_producer(self.settings)
        await producer.start()
        try:
            await producer.send_and_wait(
                self.installation.physical(TOPIC), value=body, key=service.encode(), headers=to_headers(envelope)
            )
        finally:
            await producer.stop()


def desk_at(folder: Path, federation_folder: Path) -> Desk:
    """The operator's place at the servers of a folder; raises EmbeddedError when they do not run.

    Where OTKLIK_KAFKA_BOOTSTRAP is set, the environment says everything instead, as it does to a service.
    """
    if "OTKLIK_KAFKA_BOOTSTRAP" in os.environ:
        settings = load_settings()
        federation = load_federation(settings.federation)
        return Desk(settings, federation, replace(installation_of(federation), prefix=settings.prefix))
    if not all(status(folder).values()):
        raise EmbeddedError(f"nothing runs under {folder}; start it with `otklik up`")
    stack: Stack = start(folder)
    federation = load_federation(federation_folder)
    secret = passwords(stack.folder, [f"kafka:{PRINCIPAL}"])[f"kafka:{PRINCIPAL}"]
    settings = Settings(
        name=PRINCIPAL, prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=PRINCIPAL,
        kafka_password=SecretStr(secret), database_url="postgresql://none", federation=federation_folder,
        keys=stack.folder / "keys",
    )  # fmt: skip
    return Desk(settings, federation, installation_of(federation))


@contextmanager
def said_in_words() -> Iterator[None]:
    """What goes wrong, as one line and exit code 1."""
    try:
        yield
    except (EmbeddedError, FederationError, KafkaError, NoLetter, SettingsError) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error


@app.command("list")
def list_(folder: Folder = VAR, federation: FederationFolder = DEFAULT_FEDERATION) -> None:
    """Where each dead letter came from, and why; without its bytes."""
    with said_in_words():
        letters = asyncio.run(desk_at(folder, federation).letters())
    table = Table("id", "service", "position", "reason")
    for one in letters:
        table.add_row(one.id, one.service, one.header("dead_letter_position"), one.header("dead_letter_reason")[:100])
    console.print(table if letters else "no dead letters")


@app.command()
def show(letter: Id, folder: Folder = VAR, federation: FederationFolder = DEFAULT_FEDERATION) -> None:
    """The original bytes. They may hold personal data: that you looked is recorded first."""

    async def look(desk: Desk) -> Letter:
        found = await desk.letter(letter)
        order = RecordDisclosure(actor=desk.actor(), service=found.service, dead_letter_id=found.id)
        await desk.order(order, found.service)
        return found

    with said_in_words():
        found = asyncio.run(look(desk_at(folder, federation)))
    for name, value in found.record.headers:
        console.print(f"{name}: {(value or b'').decode('utf-8', 'replace')}", highlight=False, markup=False)
    console.print((found.record.value or b"").decode("utf-8", "replace"), highlight=False, markup=False)


@app.command()
def replay(letter: Id, folder: Folder = VAR, federation: FederationFolder = DEFAULT_FEDERATION) -> None:
    """Order that it is handled again, and what is parked behind it."""
    _settle(letter, folder, federation, ReplayDeadLetter)


@app.command()
def skip(letter: Id, folder: Folder = VAR, federation: FederationFolder = DEFAULT_FEDERATION) -> None:
    """Give it up; what is parked behind it goes on."""
    _settle(letter, folder, federation, SkipDeadLetter)


def _settle(letter: str, folder: Path, federation: Path, kind: type[ReplayDeadLetter] | type[SkipDeadLetter]) -> None:
    async def settle(desk: Desk) -> Letter:
        found = await desk.letter(letter)
        await desk.order(kind(actor=desk.actor(), service=found.service, dead_letter_id=found.id), found.service)
        return found

    with said_in_words():
        found = asyncio.run(settle(desk_at(folder, federation)))
    console.print(f"ordered; {found.service} tells on the portal's page Operations what became of it")
