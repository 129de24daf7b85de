"""Deliberation on the real Kafka: what the others tell it, and itself as a process that can be killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from common.contracts.envelope import Envelope, derived_id, header_map, to_headers
from common.contracts.events.base import Command, Event
from common.contracts.events.clock import TimePassed
from common.contracts.signing import Signer
from common.messaging.kafka import Record
from common.runtime.service import Service
from embedded.stack import Stack

from tests import killed
from tests.conftest import FEDERATION, KEY, Ground, new_ground
from tests.contract.wiring import APPS
from tests.deliberations import STEP, consent_table, deliberation_table
from tests.kafka import at_rest, send

OWNERS = {
    "rules.proposals": "rules", "archive.backtests": "archive", "intake.voices": "intake", "clock.ticks": "world",
    "deliberation.commands": "world",
}  # fmt: skip


E = TypeVar("E", bound=Event)


def of(records: Sequence[Record], kind: type[E]) -> list[E]:
    """The records of one type, in order."""
    return [kind.model_validate_json(r.value or b"") for r in records if header_map(r.headers)["ce_type"] == kind.type]


@asynccontextmanager
async def deliberating(stack: Stack, folder: Path, **terms: object) -> AsyncIterator[Ground]:
    """An installation whose rules ask for deliberations."""
    federation = folder / "federation"
    shutil.copytree(FEDERATION, federation)
    national = federation / "rulebook" / "national"
    tables = {"deliberation": deliberation_table(**terms), "standing_consent": consent_table()}
    for name, table in tables.items():
        (national / f"{name}.json").write_text(json.dumps(table))
    async with new_ground(stack, folder, federation) as ground:
        yield ground


async def tell(ground: Ground, topic: str, said: Iterable[tuple[Event, datetime]]) -> None:
    """Records as their owners write them; the same said again has the same id."""
    owner = OWNERS[topic]
    signer = Signer.load(ground.keys, owner)
    assert signer is not None
    records = []
    for event, at in said:
        key = str(getattr(event, "proposal_id", getattr(event, "citizen", "clock")))
        name, body = derived_id("test", topic, key, event.type, at.isoformat(), event.model_dump_json()), event.wire()
        envelope = Envelope(name, owner, event.type, at, key, name)
        if event.signed:
            envelope = signer.sign(topic, key, envelope, body)
        records.append((key, to_headers(envelope), body))
    await send(ground, owner, topic, records)


async def order(ground: Ground, command: Command, at: datetime) -> None:
    await tell(ground, "deliberation.commands", [(command, at)])


async def tick(ground: Ground, until: datetime, since: datetime | None = None) -> None:
    await tell(ground, "clock.ticks", [(TimePassed(since=since or until - STEP, until=until), until)])


async def ticked(ground: Ground, until: datetime) -> None:
    """A tick, after all that lies on the topics was read, and until it is handled."""
    await at_rest(ground, "deliberation")
    await tick(ground, until)
    await at_rest(ground, "deliberation")


@asynccontextmanager
async def running(ground: Ground, *names: str, **changes: object) -> AsyncIterator[list[Service]]:
    services: list[Service] = []
    try:
        for name in names:
            services.append(Service(ground.settings(name, **changes), APPS[name]))
            await services[-1].start()
        yield services
    finally:
        for service in services:
            await service.stop()


async def killed_when(ground: Ground, question: str) -> None:
    """Deliberation as a process of its own, until its database answers a question with yes: then SIGKILL."""
    await killed.killed_when(ground, "deliberation", question, batch_records=7, voice_key=KEY)
