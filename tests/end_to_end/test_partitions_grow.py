"""Topics get more partitions while messages flow through everything."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from common.contracts.catalogue import PARTITION_CLASSES
from common.contracts.envelope import header_map
from common.contracts.events import intake, region
from common.contracts.events.channel import MessageReceived
from common.messaging.kafka import Record, read_to_end
from embedded.provision import administrator_of
from provision.errors import ProvisionError
from provision.partitions import check, differences, grow

from tests.conftest import Ground
from tests.end_to_end.system import everything, received
from tests.kafka import at_rest, eventually, records_of, send

CONVERSATIONS, ROUNDS = 20, 30
INBOUND = "channel.web.inbound"


async def flow(ground: Ground, rounds: range) -> None:
    """A message of each conversation, again and again."""
    for number in rounds:
        said = []
        for one in range(CONVERSATIONS):
            body = {**received(f"{one} says {number}"), "conversation": f"thread-{one}"}
            headers = [("ce_type", MessageReceived.type.encode()), ("ce_id", f"{one}-{number}".encode())]
            said.append((f"thread-{one}", headers, json.dumps(body).encode()))
        await send(ground, "world", INBOUND, said)


async def seen(ground: Ground, topic: str) -> list[Record]:
    return await read_to_end(ground.settings("operator", kafka_user=ground.stack.kafka_user,
                                             kafka_password=ground.stack.kafka_password),
                             ground.installation.physical(topic))  # fmt: skip


def partitions_of_keys(records: list[Record]) -> dict[bytes, set[int]]:
    found: dict[bytes, set[int]] = defaultdict(set)
    for record in records:
        found[record.key or b""].add(record.partition)
    return found


def gaps(records: list[Record]) -> list[str]:
    """Keys whose sequences are not 1, 2, 3 and so on, each once."""
    by_key: dict[bytes, list[int]] = defaultdict(list)
    for record in records:
        by_key[record.key or b""].append(int(header_map(record.headers)["ce_sequence"]))
    return [f"{key!r}: {sorted(s)}" for key, s in by_key.items() if sorted(s) != list(range(1, len(s) + 1))]


async def test_nothing_is_lost_or_doubled_when_partitions_are_added_while_messages_flow(
    ground: Ground, tmp_path: Path
) -> None:
    administrator = administrator_of(ground.stack)
    larger = replace(ground.installation, partitions=dict.fromkeys(PARTITION_CLASSES, 6))
    assert "asks for more partitions" in (check(differences(administrator, larger)) or "")
    flowing = [asyncio.create_task(flow(ground, range(ROUNDS // 2)))]
    try:
        async with everything(ground, tmp_path):
            await records_of(ground, "intake", "intake.messages", 4 * CONVERSATIONS)
            grown = await asyncio.to_thread(grow, administrator, larger, anyway=True)
            await records_of(ground, "intake", "intake.messages", 8 * CONVERSATIONS)
            assert all(len(p) == 1 for p in partitions_of_keys(await seen(ground, "intake.messages")).values())
            flowing.append(asyncio.create_task(flow(ground, range(ROUNDS // 2, ROUNDS))))
        async with everything(ground, tmp_path):
            await asyncio.gather(*flowing)

            async def all_joined() -> bool:
                kinds = [header_map(r.headers)["ce_type"] for r in await seen(ground, "region.north.cases")]
                return kinds.count(region.MessageJoined.type) == CONVERSATIONS * (ROUNDS - 1)

            await records_of(ground, "intake", "intake.messages", CONVERSATIONS * ROUNDS)
            await eventually(all_joined)
            await at_rest(ground)
    finally:
        for task in flowing:
            task.cancel()
    assert {(d.there, d.wanted) for d in grown} == {(3, 6)}
    assert differences(administrator, larger) == []
    messages, cases = await seen(ground, "intake.messages"), await seen(ground, "region.north.cases")
    kinds = Counter(header_map(r.headers)["ce_type"] for r in messages)
    assert kinds == {
        intake.MessageRegistered.type: CONVERSATIONS, intake.MessageAdded.type: CONVERSATIONS * (ROUNDS - 1)
    }  # fmt: skip
    assert len({json.loads(r.value or b"")["message_id"] for r in messages}) == CONVERSATIONS * ROUNDS
    what = Counter(header_map(r.headers)["ce_type"] for r in cases)
    assert (what[region.CaseOpened.type], what[region.MessageJoined.type]) == (
        CONVERSATIONS, CONVERSATIONS * (ROUNDS - 1)
    )  # fmt: skip
    for topic in (messages, cases, await seen(ground, "region.north.assignments")):
        assert gaps(topic) == []
    for service in ground.installation.instances():
        assert await seen(ground, f"{service}.deadletters") == []
    assert {r.partition for r in messages} > {0, 1, 2}

    with pytest.raises(ProvisionError, match="asks for fewer partitions than there are"):
        check(differences(administrator, ground.installation))
    await send(ground, "world", INBOUND, [("k", [("ce_type", MessageReceived.type.encode())], b"{}")])
    larger_yet = replace(larger, partitions=dict.fromkeys(PARTITION_CLASSES, 7))
    with pytest.raises(ProvisionError, match=r"records wait to be handled \(.*intake 1[,)]"):
        grow(administrator, larger_yet)
