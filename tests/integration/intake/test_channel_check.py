"""The check reads a channel's real topics: as the operator, as its integrator, with a transaction that was aborted."""

from __future__ import annotations

import json
from typing import Any

import intake.app
import pytest
from aiokafka import AIOKafkaProducer
from common.contracts.envelope import header_map
from common.contracts.events.channel import MessageReceived, NoticeDelivered
from common.contracts.provisioning import integrator_of
from common.federation.country import load_federation
from common.runtime.service import Service
from common.runtime.settings import Settings
from embedded.provision import provision_channel
from otklik.channel_check.run import Asked, check
from rich.console import Console

from tests.conftest import Ground
from tests.end_to_end.system import received
from tests.kafka import at_rest, records_of

CHANNEL = "pigeon-post"
INBOUND, RECEIPTS = f"channel.{CHANNEL}.inbound", f"channel.{CHANNEL}.receipts"


async def checked(ground: Ground, settings: Settings, printed: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the check prints as JSON."""
    printed.readouterr()
    conforms = await check(settings, CHANNEL, load_federation(ground.federation), Asked(False, True, 0), Console())
    told: dict[str, Any] = json.loads(printed.readouterr().out)
    assert told["conforms"] is conforms
    return told


def found(told: dict[str, Any]) -> dict[str, int]:
    return {one["rule"]: one["count"] for one in told["findings"]}


async def test_faults_are_found_on_real_topics_and_what_was_aborted_is_not_seen(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    name, user = ground.installation.physical, integrator_of(CHANNEL)
    password = provision_channel(ground.stack, ground.installation, CHANNEL)
    operator = ground.settings("intake", kafka_user=ground.stack.kafka_user, kafka_password=ground.stack.kafka_password)
    integrator = ground.settings("intake", kafka_user=user, kafka_password=password)
    access: dict[str, Any] = {
        "bootstrap_servers": ground.stack.kafka_bootstrap, "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": user, "sasl_plain_password": password,
    }  # fmt: skip
    producer = AIOKafkaProducer(**access, enable_idempotence=True)
    in_transactions = AIOKafkaProducer(**access, transactional_id=f"{ground.installation.prefix}.{user}.1")
    service = Service(ground.settings("intake"), intake.app.build)
    await service.start()
    await producer.start()
    await in_transactions.start()

    async def say(given: str, key: str, sender: AIOKafkaProducer, **changes: object) -> None:
        body = received() | {"conversation": "loft"} | changes
        headers = [("ce_type", MessageReceived.type.encode()), ("ce_id", given.encode())]
        await sender.send_and_wait(name(INBOUND), json.dumps(body).encode(), key.encode(), headers=headers)

    try:
        await say("1", "loft", producer)
        await say("1", "loft", producer)
        await say("2", "loft", producer, text=None)
        async with in_transactions.transaction():
            await say("3", "another", in_transactions, text="More")
        await in_transactions.begin_transaction()
        await say("4", "loft", in_transactions, text=None)
        await in_transactions.abort_transaction()
        # One for the message, one for the record that was not taken.
        notices = await records_of(ground, "intake", f"channel.{CHANNEL}.outbound", 1)
        await records_of(ground, "intake", f"channel.{CHANNEL}.rejections", 1)
        await at_rest(ground, "intake", channels=(CHANNEL,))
        told = await checked(ground, operator, capsys)
        assert found(told) == {"rejected: invalid": 1, "key": 1, "repeat": 1, "unanswered": 1} | (
            {"order": 1} if "order" in found(told) else {}
        )
        rejected = next(one for one in told["findings"] if one["rule"] == "rejected: invalid")
        assert (rejected["topic"], rejected["outside_id"]) == (name(INBOUND), "2")
        assert told["left_out"] == []
        mine = await checked(ground, integrator, capsys)
        assert found(mine) == {"rejected: invalid": 1}
        assert (mine["counts"], mine["not_tried"]) == ({"notices": 1, "rejections": 1}, [])
        assert sorted(mine["left_out"]) == sorted([name(INBOUND), name(RECEIPTS)])
        notice = header_map(notices[0].headers)["ce_id"]
        receipt = NoticeDelivered(notice_id=notice, delivered=True).wire()
        headers = [("ce_type", NoticeDelivered.type.encode()), ("ce_id", f"{notice}:delivered".encode())]
        await producer.send_and_wait(name(RECEIPTS), receipt, notice.encode(), headers=headers)
        told = await checked(ground, operator, capsys)
        assert "unanswered" not in found(told)
        assert told["times"]["notice to receipt, median s"] >= 0
    finally:
        await producer.stop()
        await in_transactions.stop()
        await service.stop()
