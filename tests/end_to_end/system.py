"""All services of one installation in this process, and what people and integrators do to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from common.contracts.envelope import Envelope, derived_id, to_headers
from common.contracts.events import channel
from common.contracts.events.base import Command, Event, Place
from common.contracts.signing import Signer
from common.runtime.service import Service, ServiceSpec
from common.runtime.sign_in import machine_pass, make_sign_in_key

from tests.anonymous import keeping
from tests.conftest import Ground
from tests.contract.wiring import APPS
from tests.kafka import send

NOW = datetime(2011, 7, 1, 14, tzinfo=UTC)


@asynccontextmanager
async def everything(
    ground: Ground, traces: Path, specs: dict[str, ServiceSpec] | None = None, **changes: object
) -> AsyncIterator[dict[str, Service]]:
    """`specs` gets what the services' composition roots made."""
    kept = {} if specs is None else specs
    make_sign_in_key(ground.keys)
    running = {
        name: Service(
            ground.settings(
                name,
                trace_sample=1.0,
                trace_file=traces / f"{name}.jsonl",
                **changes,
            ),
            keeping(build, kept, name),
        )
        for name, build in APPS.items()
    }
    try:
        # The others read its releases before anything else.
        await running["rules"].start()
        async with asyncio.TaskGroup() as starting:
            for name in set(running) - {"rules"}:
                starting.create_task(running[name].start())
        yield running
    finally:
        await asyncio.gather(*(service.stop() for service in running.values()))


def as_operator(ground: Ground) -> dict[str, str]:
    """Headers by which the portal knows the command line of whoever runs the servers."""
    return machine_pass(ground.keys)


def received(
    text: str = "A pothole", lat: float = 0.5, lon: float = 0.5, category: str = "Pothole"
) -> dict[str, object]:
    event = channel.MessageReceived(
        conversation=f"thread-{text}", contact=channel.Contact(address="+1 617 555 0100", name="Ann Example"),
        text=text, category=category, place=Place(lat=lat, lon=lon), sent_at=NOW,
    )  # fmt: skip
    return event.model_dump(mode="json")


async def command(
    ground: Ground, topic: str, key: str, event: Command, principal: str = "world", at: datetime = NOW
) -> str:
    signer = Signer.load(ground.keys, principal)
    assert signer is not None
    body = event.model_dump_json().encode()
    event_id = derived_id("command", topic, key, event.type, at.isoformat(), body.decode())
    envelope = signer.sign(topic, key, Envelope(event_id, principal, event.type, at, key, event_id), body)
    await send(ground, principal, topic, [(key, to_headers(envelope), body)])
    return event_id


async def fact(ground: Ground, principal: str, topic: str, key: str, event: Event, at: datetime) -> None:
    event_id, body = derived_id("fact", topic, key, event.model_dump_json()), event.model_dump_json().encode()
    envelope = Envelope(event_id, principal, event.type, at, key, event_id)
    if event.signed:
        signer = Signer.load(ground.keys, principal)
        assert signer is not None
        envelope = signer.sign(topic, key, envelope, body)
    await send(ground, principal, topic, [(key, to_headers(envelope), body)])


def url(service: Service, path: str) -> str:
    return f"http://127.0.0.1:{service.http_port}{path}"
