"""`otklik dlq`: look at dead letters, order their replay. What may hold personal data is shown only on the record."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Iterable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from aiokafka.errors import KafkaError
from common.contracts.catalogue import Installation
from common.contracts.envelope import Envelope, Headers, derived_id, to_headers
from common.contracts.events.base import Command
from common.contracts.events.operations import (
    DeadLetterExpired,
    DeadLetterRecorded,
    DeadLetterSettled,
    RecordDisclosure,
    ReplayDeadLetter,
    SkipDeadLetter,
)
from common.contracts.rights import INSTALLATION
from common.contracts.signing import Signer
from common.federation.country import Federation, FederationError, load_federation
from common.messaging.consume.dead_letters import SEALED, unsealed
from common.messaging.kafka import new_producer, read_to_end
from common.messaging.sealing import NotSealedHere, Sealer
from common.messaging.settings import SettingsError
from common.runtime.settings import Settings, load_settings
from embedded.errors import EmbeddedError
from embedded.stack import passwords
from pydantic import SecretStr
from rich.text import Text

from otklik.console import CommandError, console, one_line_errors
from otklik.dead_letter_history import SETTLED, Event, Letter, Told, Wanted, groups_of, letters_of
from otklik.locate import PREFIX
from otklik.process_plan import installation_of, secret_key
from otklik.reach import reach
from otklik.service_http import NoAnswer
from otklik.settings import OperatorSettings

PRINCIPAL = "operator"
TOPIC = "operations.commands"
PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
DeadLetterOrder = ReplayDeadLetter | SkipDeadLetter | RecordDisclosure
TOLD: dict[str, type[Event]] = {
    model.type: model for model in (DeadLetterRecorded, DeadLetterSettled, DeadLetterExpired)
}
SHOWN_OUTCOMES = 20
OUTCOME_SECONDS = 20.0


class NoLetter(CommandError):
    """There is no such dead letter, or the key to give orders about it is not here."""


@dataclass(frozen=True)
class Desk:
    """An operator at a running installation."""

    settings: Settings
    federation: Federation
    installation: Installation
    seals: Sealer | None = None
    """With intake's key; None where it is not here."""

    async def letters(self, services: Iterable[str] | None = None) -> dict[str, Letter]:
        """Every dead letter that was ever told of, or those of some services, by id, with what became of it."""
        told: list[Told] = []
        for service in self.installation.instances() if services is None else services:
            for record in await read_to_end(self.settings, self.installation.physical(f"{service}.operations")):
                headers = dict(record.headers)
                model = TOLD.get((headers.get("ce_type") or b"").decode("utf-8", "replace"))
                if model is not None and record.value is not None:
                    cause = headers.get("ce_causationid")
                    told.append((model.model_validate_json(record.value), cause.decode() if cause else None))
        return letters_of(told)

    async def record_of(self, letter: Letter) -> tuple[bytes, Headers, bytes]:
        """Key, headers and body of the original record; raises NoLetter when its topic has let it go, and where it is
        sealed and the key is not here.
        """
        for record in await read_to_end(self.settings, self.installation.physical(f"{letter.service}.deadletters")):
            if record.key != letter.id.encode():
                continue
            headers = [(name, value or b"") for name, value in record.headers]
            given = dict(headers)
            if SEALED not in given:
                return given.get("dead_letter_key", b""), headers, record.value or b""
            if self.seals is None:
                raise NoLetter("the letter is sealed: set OTKLIK_VAULT_KEY (and OTKLIK_VAULT_OLDER_KEYS) to intake's")
            try:
                key, inside, body = unsealed(self.seals, record.value or b"", letter.id)
            except NotSealedHere as error:
                raise NoLetter(str(error)) from error
            return key, [*inside, *((n, v) for n, v in headers if n.startswith("dead_letter_"))], body
        raise NoLetter(f"the bytes of {letter.id} are gone: {letter.service}.deadletters keeps them for a while only")

    async def order(self, commands: Sequence[DeadLetterOrder]) -> set[str]:
        """Publish signed orders about dead letters; returns their ids once Kafka has them all."""
        return await self.publish(TOPIC, [(command.service, command) for command in commands], datetime.now(UTC))

    async def publish(self, topic: str, commands: Sequence[tuple[str, Command]], at: datetime) -> set[str]:
        """Publish signed commands with their keys; returns their ids once Kafka has them all. Raises NoLetter without
        a key to sign with.
        """
        signer = Signer.load(self.settings.keys, PRINCIPAL)
        if signer is None:
            raise NoLetter(f"{self.settings.keys}/private/{PRINCIPAL}.pem is missing; `otklik up` makes it")
        made, ids, sent = datetime.now(UTC).isoformat(), set(), []
        producer = new_producer(self.settings)
        await producer.start()
        try:
            for key, command in commands:
                body = command.model_dump_json(exclude_none=True).encode()
                event_id = derived_id(PRINCIPAL, command.type, key, made, body.decode())
                envelope = signer.sign(topic, key, Envelope(event_id, PRINCIPAL, command.type, at, key, event_id), body)
                sent.append(
                    await producer.send(
                        self.installation.physical(topic), value=body, key=key.encode(), headers=to_headers(envelope)
                    )
                )
                ids.add(event_id)
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
        return ids

    async def outcomes(self, orders: set[str], services: Set[str]) -> dict[str, Letter]:
        """The letters about which these services have answered these orders; perhaps not all.

        Ends when OUTCOME_SECONDS pass without a new answer: how long many orders take depends on the service.
        """
        answered: dict[str, Letter] = {}
        end = time.monotonic() + OUTCOME_SECONDS
        while len(answered) < len(orders) and time.monotonic() < end:
            found = {one.id: one for one in (await self.letters(services)).values() if one.orders & orders}
            if len(found) > len(answered):
                end = time.monotonic() + OUTCOME_SECONDS
            answered = found
            await asyncio.sleep(0.3 if len(answered) < len(orders) else 0)
        return answered


def desk_at(folder: Path) -> Desk:
    """The operator's place at what runs under a folder; raises NothingRuns or EmbeddedError.

    Where OTKLIK_KAFKA_BOOTSTRAP is set, the environment says everything instead, as it does to a service.
    """
    if "OTKLIK_KAFKA_BOOTSTRAP" in os.environ:
        settings = load_settings(OperatorSettings)
        federation = load_federation(settings.federation)
        there = replace(installation_of(federation), prefix=settings.prefix)
        return Desk(settings, federation, there, _sealer(settings))
    here = reach(folder)
    stack, place, federation = here.stack, here.place, here.federation
    secret = passwords(stack.folder, [f"kafka:{PRINCIPAL}"])[f"kafka:{PRINCIPAL}"]
    settings = OperatorSettings(
        name=PRINCIPAL, prefix=PREFIX, kafka_bootstrap=stack.kafka_bootstrap, kafka_user=PRINCIPAL,
        kafka_password=SecretStr(secret), database_url="postgresql://none", federation=place.federation,
        keys=stack.folder / "keys",
    )  # fmt: skip
    key = base64.b64decode(secret_key(stack.folder, "vault"))
    return Desk(settings, federation, installation_of(federation), Sealer(key))


def _sealer(settings: OperatorSettings) -> Sealer | None:
    """By intake's keys, where the environment holds them."""
    if settings.vault_key is None:
        return None
    older = settings.vault_older_keys.get_secret_value().split(",") if settings.vault_older_keys else []
    key, *others = (base64.b64decode(text) for text in (settings.vault_key.get_secret_value(), *older))
    return Sealer(key, others)


def said_in_words() -> AbstractContextManager[None]:
    """What goes wrong at a desk, as one line and exit code 1."""
    return one_line_errors(EmbeddedError, FederationError, KafkaError, SettingsError)


def list_letters(folder: Path, wanted: Wanted, *, groups: bool, limit: int) -> None:
    """Where each open dead letter came from, when, of which case, and why; without its bytes."""
    with said_in_words():
        known = asyncio.run(desk_at(folder).letters())
    found = [one for one in known.values() if wanted.takes(one)]
    if groups:
        for number, *group in groups_of(found):
            console.print(f"{number:>7,}  {'  '.join(group[:2])}\n         {_short(group[2])}", **PLAIN)
    for one in [] if groups else found[:limit]:
        when = f"{one.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
        case = f"  case {one.case_id}" if one.case_id else ""
        console.print(Text.assemble((one.id, "bold"), f"  {one.service}  {one.state}  {when}{case}"), soft_wrap=True)
        console.print(f"  at {one.position}, {one.size:,} bytes", **PLAIN)
        console.print(Text(f"  {_short(one.reason)}", style="yellow"), soft_wrap=True)
        if one.said:
            console.print(f"  last order: {one.said}", **PLAIN)
    if not found:
        console.print("no open dead letters" + ("" if wanted.settled else "; --all shows those that were settled"))
    elif not groups and len(found) > limit:
        console.print(f"{len(found) - limit:,} more; --limit shows them, --groups counts them", **PLAIN)


def _short(words: str, limit: int = 300) -> str:
    return words if len(words) <= limit else f"{words[:limit]}…"


def _one(known: dict[str, Letter], begins: str) -> Letter:
    """A letter by its id or the beginning of it; raises NoLetter."""
    found = [one for one in known.values() if one.id.startswith(begins)]
    if len(found) != 1:
        many = f"{len(found)} dead letters begin" if found else "no dead letter begins"
        raise NoLetter(f"{many} with {begins!r}; `otklik dlq list` shows what there is")
    return found[0]


def show(letter: str, folder: Path) -> None:
    """The original bytes. They may hold personal data: that you looked is recorded first."""

    async def look(desk: Desk) -> tuple[bytes, Headers, bytes]:
        found = _one(await desk.letters(), letter)
        order = RecordDisclosure(actor=INSTALLATION, service=found.service, dead_letter_id=found.id)
        await desk.order([order])
        return await desk.record_of(found)

    with said_in_words():
        key, headers, body = asyncio.run(look(desk_at(folder)))
    console.print(f"key: {key.decode('utf-8', 'replace')}", **PLAIN)
    for name, value in headers:
        console.print(f"{name}: {value.decode('utf-8', 'replace')}", **PLAIN)
    console.print(body.decode("utf-8", "replace"), **PLAIN)


def settle(named: list[str], wanted: Wanted, folder: Path, kind: type[ReplayDeadLetter] | type[SkipDeadLetter]) -> None:
    """Replay or skip letters by id, or all open ones that are wanted, and say what became of each."""

    async def ordered_and_answered(desk: Desk) -> tuple[int, dict[str, Letter]]:
        known = await desk.letters()
        chosen = {one.id: one for one in (_one(known, begins) for begins in named)}
        if not named:
            chosen = {one.id: one for one in known.values() if wanted.takes(one)}
        if not chosen:
            raise NoLetter("no open dead letter is like that; `otklik dlq list` shows what there is")
        orders = [kind(actor=INSTALLATION, service=one.service, dead_letter_id=one.id) for one in chosen.values()]
        return len(orders), await desk.outcomes(await desk.order(orders), {one.service for one in chosen.values()})

    with said_in_words():
        if not named and wanted == Wanted():
            raise NoLetter("say which: ids, or --service, --topic or --reason for all open ones that are like that")
        ordered, answered = asyncio.run(ordered_and_answered(desk_at(folder)))
        for one in list(answered.values())[:SHOWN_OUTCOMES]:
            console.print(f"{one.id}: {one.said}", **PLAIN)
        done = sum(one.state in SETTLED for one in answered.values())
        if ordered > 1:
            console.print(f"{ordered:,} ordered, {done:,} settled, {len(answered) - done:,} not", **PLAIN)
        if len(answered) < ordered:
            raise NoAnswer(f"{ordered - len(answered):,} are not answered yet: `otklik status` says who runs")
    if done < ordered:
        raise typer.Exit(1)
