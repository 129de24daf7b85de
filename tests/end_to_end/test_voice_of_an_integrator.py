"""A citizen on a channel that nobody here has written code for argues about a proposal, by a plain Kafka client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from common.contracts.events import rules
from common.contracts.events.channel import MessageReceived, NoticeDelivered, VoiceReceived
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import VoiceCounted
from common.contracts.events.intake import DeliveryFailed
from embedded.provision import provision_channel
from embedded.stack import Stack

from tests.conftest import Ground
from tests.deliberations import NORTH, OPERATOR, STEP, patch
from tests.end_to_end.system import NOW, command, everything, fact, received
from tests.end_to_end.test_rejections import access_of
from tests.integration.deliberation.on_kafka import deliberating
from tests.kafka import at_rest, records_of, types_of

LOFT = "pigeon-post"
PROPOSAL = "0f6f2c2e-7d0a-5a7e-9a39-5b8b8f1c2d11"


class Loft:
    """The integrator: it knows its four topics, JSON and a few headers."""

    def __init__(self, ground: Ground, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
        self._name = ground.installation.physical
        self._producer = producer
        self._consumer = consumer

    async def send(self, kind: str, ce_id: str, body: dict[str, Any], stream: str = "inbound") -> None:
        await self._producer.send_and_wait(
            self._name(f"channel.{LOFT}.{stream}"), key=str(body.get("conversation", ce_id)).encode(),
            value=json.dumps(body).encode(), headers=[("ce_type", kind.encode()), ("ce_id", ce_id.encode())],
        )  # fmt: skip

    async def told(self, kind: str) -> tuple[str, dict[str, Any]]:
        """The id and the body of the next notice of a kind."""
        async with asyncio.timeout(120):
            async for record in self._consumer:
                body = json.loads(record.value)
                if body["kind"] == kind:
                    return dict(record.headers)["ce_id"].decode(), body
        raise AssertionError("the topic ended")


@asynccontextmanager
async def loft(ground: Ground) -> AsyncIterator[Loft]:
    password = await asyncio.to_thread(provision_channel, ground.stack, ground.installation, LOFT)
    access = access_of(ground, LOFT, password)
    producer = AIOKafkaProducer(**access)
    consumer: Any = AIOKafkaConsumer(
        ground.installation.physical(f"channel.{LOFT}.outbound"), auto_offset_reset="earliest",
        group_id=f"{ground.installation.prefix}.{access['sasl_plain_username']}", **access,
    )  # fmt: skip
    await producer.start()
    await consumer.start()
    try:
        yield Loft(ground, producer, consumer)
    finally:
        await consumer.stop()
        await producer.stop()


async def rest(ground: Ground) -> None:
    await at_rest(ground, "intake", channels=(LOFT,))
    await at_rest(ground)


async def ticks(ground: Ground, since: datetime, until: datetime) -> None:
    """One interval after the other, each once the system is at rest."""
    while since < until:
        await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=since, until=since + STEP), since + STEP)
        since += STEP
        await rest(ground)


async def test_a_voice_is_counted_answered_where_it_came_from_and_told_the_outcome(
    stack: Stack, tmp_path: Path
) -> None:
    terms = {"quorum_citizen": 1, "term_days": 1, "longest_days": 2}
    async with deliberating(stack, tmp_path, **terms) as ground, everything(ground, tmp_path / "traces"):
        async with loft(ground) as citizen:
            await ticks(ground, NOW - STEP, NOW)
            await citizen.send(MessageReceived.type, "m1", {**received("A hole"), "conversation": "loft-1"})
            await citizen.told("registered")
            await rest(ground)
            change = rules.ProposeChange(
                actor=OPERATOR.actor, proposal_id=PROPOSAL, title="Potholes of 01 to yard-02", words="It is nearer.",
                patch=patch(authority="yard-02"),
            )  # fmt: skip
            await command(ground, "rules.commands", PROPOSAL, change, at=NOW + timedelta(hours=1))
            await rest(ground)
            # The proposal is checked and replayed on the past, then opened: whoever has a case there is told.
            opened_by = NOW + 5 * STEP
            await ticks(ground, NOW, opened_by)
            _, asked = await citizen.told("opened")
            assert (asked["conversation"], asked["proposal_id"]) == ("loft-1", PROPOSAL)
            assert "Potholes of 01 to yard-02" in asked["text"]

            word = {
                "conversation": "loft-2", "contact": asked["contact"], "proposal": asked["reference"],
                "text": "Against, because the yard is far. Call me: +1 617 555 0100",
                "sent_at": (opened_by + timedelta(minutes=1)).isoformat(),
            }  # fmt: skip
            await citizen.send(VoiceReceived.type, "voice-1", word)
            await citizen.send(VoiceReceived.type, "voice-1", word)
            later = {**word, "conversation": "loft-1", "text": f"{asked['reference']}: for, I have thought about it"}
            later["sent_at"] = (opened_by + timedelta(minutes=2)).isoformat()
            await citizen.send(MessageReceived.type, "voice-2", {k: v for k, v in later.items() if k != "proposal"})
            await rest(ground)
            await ticks(ground, opened_by, opened_by + STEP)
            answers = [await citizen.told("counted") for _ in range(2)]
            assert {(body["conversation"], body["outside_id"]) for _, body in answers} == {
                ("loft-2", "voice-1"), ("loft-1", "voice-2")
            }  # fmt: skip
            failed = {"notice_id": answers[0][0], "delivered": False, "reason": "no pigeon"}
            await citizen.send(NoticeDelivered.type, "r1", failed, "receipts")

            closed_by = opened_by + 5 * STEP
            await ticks(ground, opened_by + STEP, closed_by)
            await citizen.told("may_be_decided")
            decision = rules.DecideProposal(
                actor=NORTH.actor, proposal_id=PROPOSAL, accept=False, reason="The yard is too far."
            )
            await command(ground, "rules.commands", PROPOSAL, decision, at=closed_by + timedelta(hours=1))
            await rest(ground)
            await ticks(ground, closed_by, closed_by + 2 * STEP)
            _, outcome = await citizen.told("rejected")
            assert outcome["conversation"] == "loft-1"
            assert "The yard is too far." in outcome["text"]
        counted = [
            VoiceCounted.model_validate_json(r.value or b"")
            for r in await records_of(ground, "operator", "deliberation.voices", 2)
        ]
        assert [(v.stance, v.channel, v.proposal_id) for v in counted] == [
            ("object", LOFT, PROPOSAL), ("support", LOFT, PROPOSAL)
        ]  # fmt: skip
        assert counted[1].replaces == counted[0].voice_id
        assert "617" not in counted[0].words
        kept = types_of(await records_of(ground, "routing", "intake.messages", 2))
        assert kept.count(DeliveryFailed.type) == 1
        assert [k for k in kept if k.startswith("intake.message.")] == ["intake.message.registered.v1"]
