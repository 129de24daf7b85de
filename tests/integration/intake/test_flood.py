"""A flood on one channel and an honest message on another: the message does not wait for the flood."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import intake.app
import pytest
from common.contracts.envelope import Headers
from common.runtime.service import Service

from tests import kafka
from tests.conftest import Ground
from tests.end_to_end.system import received

FLOOD = 5_000
HONEST = 9
INBOUND = "channel.{}.inbound"


@asynccontextmanager
async def intake_service(ground: Ground) -> AsyncIterator[Service]:
    service = Service(ground.settings("intake"), intake.app.build)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def inbound(source: str, number: int, body: bytes) -> tuple[str, Headers, bytes]:
    kind, event_id = b"channel.message.received.v1", f"{source}-{number}".encode()
    return f"{source}-{number}", [("ce_type", kind), ("ce_id", event_id), ("ce_source", source.encode())], body


def good(source: str, number: int) -> bytes:
    return json.dumps(received() | {"conversation": f"{source}-{number}"}).encode()


@pytest.mark.parametrize("kind", ["messages", "garbage"])
async def test_messages_of_other_channels_pass_by_a_flood_that_waits_on_all_partitions_of_one(
    ground: Ground, kind: str
) -> None:
    """The flood waits already when intake starts; it has three partitions, which are read first as often as not."""
    flooded, *others = ground.installation.channels
    flood = [inbound("flood", n, good("flood", n) if kind == "messages" else b"{") for n in range(FLOOD)]
    await kafka.send(ground, "world", INBOUND.format(flooded), flood)
    for channel in others:
        batch = [inbound(channel, n, good(channel, n)) for n in range(HONEST)]
        await kafka.send(ground, "world", INBOUND.format(channel), batch)
    count = HONEST * len(others)
    async with intake_service(ground):
        if kind == "messages":
            records = await kafka.records_of(ground, "intake", "intake.messages", FLOOD + count)
            honest = [r for r in records if json.loads(r.value or b"")["channel"] != flooded]
            rest = [r for r in records if json.loads(r.value or b"")["channel"] == flooded]
        else:
            honest = await kafka.records_of(ground, "intake", "intake.messages", count)
            rest = await kafka.records_of(ground, "intake", "intake.deadletters", FLOOD)
    assert (len(honest), len(rest)) == (count, FLOOD), "nothing is lost or done twice"
    last = max(r.timestamp for r in honest)
    before = sum(r.timestamp < last for r in rest)
    assert before < FLOOD / 5, f"{before} records of the flood came before the last honest message"
