"""What FastStream and aiokafka do unasked, on the real broker: the reasons why our consumer is set up as it is.

A test here that fails after an upgrade says that a guard in common.service or common.lenient may have become needless.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from common.messaging.kafka import client_options, read_to_end
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram256
from pydantic import BaseModel

from tests import kafka
from tests.conftest import Ground
from tests.forwarding import TOPIC, committed, message
from tests.kafka import admin, eventually


class Body(BaseModel):
    case_id: str


class Refusal(Exception):
    """A handler's failure."""


def broker_for(ground: Ground, principal: str = "routing", **options: Any) -> KafkaBroker:
    settings = ground.settings(principal)
    assert settings.kafka_password is not None
    security = SASLScram256(username=principal, password=settings.kafka_password.get_secret_value(), use_ssl=False)
    return KafkaBroker(settings.kafka_bootstrap, security=security, **{"allow_auto_create_topics": False, **options})


def group_of(ground: Ground) -> str:
    return f"{ground.installation.prefix}.routing"


def topic(ground: Ground) -> str:
    return ground.installation.physical(TOPIC)


@pytest.mark.parametrize("policy", [None, AckPolicy.ACK, AckPolicy.REJECT_ON_ERROR])
async def test_every_policy_but_nack_commits_a_record_that_failed(ground: Ground, policy: AckPolicy | None) -> None:
    broker, calls = broker_for(ground), 0
    options = {} if policy is None else {"ack_policy": policy}

    @broker.subscriber(topic(ground), group_id=group_of(ground), auto_offset_reset="earliest", **options)
    async def fail(body: Any) -> None:
        nonlocal calls
        calls += 1
        raise Refusal

    await kafka.send(ground, "intake", TOPIC, [message("case-1", 1)])
    async with broker:
        await broker.start()
        await eventually(lambda: _is(calls, 1))
    await eventually(lambda: _committed(ground, 1))


async def test_nack_on_error_delivers_again_without_end_and_commits_nothing(ground: Ground) -> None:
    broker, calls = broker_for(ground), 0

    @broker.subscriber(
        topic(ground), group_id=group_of(ground), auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR
    )
    async def fail(body: Any) -> None:
        nonlocal calls
        calls += 1
        raise Refusal

    await kafka.send(ground, "intake", TOPIC, [message("case-1", 1)])
    async with broker:
        await broker.start()
        await eventually(lambda: _is(calls >= 5, True))
    assert await committed(ground) == 0


async def test_a_header_that_is_not_utf8_makes_the_record_vanish(ground: Ground) -> None:
    broker, seen = broker_for(ground), []

    @broker.subscriber(
        topic(ground), group_id=group_of(ground), auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR
    )
    async def note(body: Body) -> None:
        seen.append(body.case_id)

    key, headers, body = message("case-1", 1)
    await kafka.send(ground, "intake", TOPIC, [(key, [*headers, ("x", b"\xff")], body), message("case-1", 2)])
    async with broker:
        await broker.start()
        await eventually(lambda: _is(len(seen), 1))
    await eventually(lambda: _committed(ground, 2))


async def test_one_bad_record_keeps_a_typed_batch_from_ever_being_handled(ground: Ground) -> None:
    parsed, handled = 0, 0

    async def counting(record: Any, original: Any) -> Any:
        nonlocal parsed
        parsed += 1
        return await original(record)

    broker = broker_for(ground, parser=counting)

    @broker.subscriber(
        topic(ground), group_id=group_of(ground), auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR,
        batch=True,
    )  # fmt: skip
    async def note(bodies: list[Body]) -> None:
        nonlocal handled
        handled += 1

    key, headers, _ = message("case-1", 1)
    await kafka.send(ground, "intake", TOPIC, [(key, headers, b'{"no": "case"}'), message("case-1", 2)])
    async with broker:
        await broker.start()
        await eventually(lambda: _is(parsed >= 5, True))
    assert handled == 0
    assert await committed(ground) == 0


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"no": "case"}'])
async def test_a_body_that_does_not_fit_a_typed_handler_never_reaches_it_and_is_committed(
    ground: Ground, body: bytes
) -> None:
    broker, seen = broker_for(ground), []

    @broker.subscriber(topic(ground), group_id=group_of(ground), auto_offset_reset="earliest")
    async def note(body: Body) -> None:
        seen.append(body.case_id)

    key, headers, _ = message("case-1", 1)
    await kafka.send(ground, "intake", TOPIC, [(key, headers, body), message("case-1", 2)])
    async with broker:
        await broker.start()
        await eventually(lambda: _is(seen, ["case-1"]))
    await eventually(lambda: _committed(ground, 2))


async def test_publish_batch_puts_all_on_one_partition_without_keys(ground: Ground) -> None:
    async with broker_for(ground, "intake") as broker:
        await broker.publish_batch(*[{"case_id": str(n)} for n in range(60)], topic=topic(ground))
    records = await read_to_end(ground.settings("routing"), topic(ground))
    assert len(records) == 60
    assert {r.key for r in records} == {None}
    assert len({r.partition for r in records}) == 1


async def test_a_group_without_offsets_begins_at_the_end(ground: Ground) -> None:
    broker, seen = broker_for(ground), []

    subscriber = broker.subscriber(topic(ground), group_id=group_of(ground))

    @subscriber
    async def note(body: Body) -> None:
        seen.append(body.case_id)

    await kafka.send(ground, "intake", TOPIC, [message("case-early", 1)])
    async with broker:
        await broker.start()
        raw = subscriber.consumer
        assert raw is not None
        await eventually(lambda: _is(bool(raw.assignment()), True))
        for place in raw.assignment():
            await raw.position(place)
        await kafka.send(ground, "intake", TOPIC, [message("case-late", 1)])
        await eventually(lambda: _is(seen, ["case-late"]))


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_missing_topic_is_made_with_one_partition_unless_forbidden(ground: Ground, allowed: bool) -> None:
    name = f"{ground.installation.prefix}.nobody.made.this"
    stack = ground.stack
    security = SASLScram256(username=stack.kafka_user, password=stack.kafka_password, use_ssl=False)
    broker = KafkaBroker(
        stack.kafka_bootstrap, security=security, allow_auto_create_topics=allowed, request_timeout_ms=3000
    )

    @broker.subscriber(name, group_id=f"{name}.group")
    async def note(body: Body) -> None: ...

    async with broker:
        with contextlib.suppress(UnknownTopicOrPartitionError):
            await broker.start()
    held = admin(ground).list_topics(timeout=120).topics
    assert (name in held) is allowed
    if allowed:
        assert len(held[name].partitions) == 1


async def test_headers_in_a_tuple_are_not_sent(ground: Ground) -> None:
    producer = AIOKafkaProducer(**client_options(ground.settings("intake")))
    await producer.start()
    try:
        with pytest.raises(TypeError):
            await producer.send_and_wait(topic(ground), value=b"{}", headers=(("ce_id", b"1"),))
    finally:
        await producer.stop()


async def _is(found: object, wanted: object) -> bool:
    await asyncio.sleep(0)
    return found == wanted


async def _committed(ground: Ground, count: int) -> bool:
    return await committed(ground) == count
