"""A key whose head is a dead letter waits, keeps its order, and goes on when an operator says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from common.contracts.envelope import Headers, header_map
from common.contracts.events.base import Actor
from common.contracts.events.operations import DeadLetterRecorded, ReplayDeadLetter, SkipDeadLetter
from common.messaging.kafka import read_to_end

from tests import kafka
from tests.conftest import Ground
from tests.forwarding import (
    Forward,
    database,
    message,
    order,
    published,
    routing_service,
    send,
    sequences,
    texts,
    wait_for,
)
from tests.kafka import eventually

OPERATOR = Actor(id="federal:centre", role="federal", scope="*")


async def letters(ground: Ground, count: int) -> list[DeadLetterRecorded]:
    """The first `count` dead letters that were told of."""
    told = []
    for record in await wait_for(ground, count, "routing.operations"):
        if header_map(record.headers)["ce_type"] == DeadLetterRecorded.type:
            told.append(DeadLetterRecorded.model_validate_json(record.value or b""))
    return told


def replay(letter: DeadLetterRecorded) -> ReplayDeadLetter:
    return ReplayDeadLetter(service="routing", dead_letter_id=letter.dead_letter_id, actor=OPERATOR)


def skip(letter: DeadLetterRecorded) -> SkipDeadLetter:
    return SkipDeadLetter(service="routing", dead_letter_id=letter.dead_letter_id, actor=OPERATOR)


def unreadable(case_id: str, number: int) -> tuple[str, Headers, bytes]:
    key, headers, _ = message(case_id, number)
    return key, headers, b"garbage"


async def parked(ground: Ground) -> int:
    async with database(ground) as db:
        found: int = await db.fetchval("SELECT count(*) FROM parked")
        return found


async def test_what_came_before_the_bad_record_is_handled_and_what_comes_after_waits(
    ground: Ground, tmp_path: Path
) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 1, "before"), unreadable("case-1", 2), message("case-1", 3, "after")])
        await letters(ground, 1)
        records = await wait_for(ground, 1)
        await eventually(lambda: _is(parked(ground), 1))
    assert texts(records, "case-1") == ["before"]


@pytest.mark.parametrize("head", ["permanent", "bug"])
async def test_a_replayed_head_goes_first_and_what_waited_follows_in_order(
    ground: Ground, tmp_path: Path, head: str
) -> None:
    handler = Forward()
    async with routing_service(ground, tmp_path, handler):
        await send(ground, [message("case-1", 1, head), message("case-1", 2, "two"), message("case-1", 3, "three")])
        (letter,) = await letters(ground, 1)
        await eventually(lambda: _is(parked(ground), 2))
        handler.mended = True
        await order(ground, replay(letter))
        await wait_for(ground, 3)
        await send(ground, [message("case-1", 4, "four")])
        records = await wait_for(ground, 4)
    assert texts(records, "case-1") == [head, "two", "three", "four"]
    assert sequences(records) == {"case-1": [1, 2, 3, 4]}


async def test_a_skipped_head_is_left_out_and_its_key_goes_on(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [unreadable("case-1", 1), message("case-1", 2, "two")])
        (letter,) = await letters(ground, 1)
        await order(ground, skip(letter))
        await wait_for(ground, 1)
        await send(ground, [message("case-1", 3, "three")])
        records = await wait_for(ground, 2)
    assert texts(records, "case-1") == ["two", "three"]


async def test_a_replay_that_fails_again_changes_nothing_but_is_told(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [message("case-1", 1, "permanent"), message("case-1", 2, "two")])
        (letter,) = await letters(ground, 1)
        await order(ground, replay(letter))
        told = await wait_for(ground, 2, "routing.operations")
        await eventually(lambda: _is(parked(ground), 1))
        assert await published(ground) == []
    assert json.loads(told[1].value or b"")["outcome"] == "failed_again"


async def test_a_second_bad_record_waits_its_turn_and_then_becomes_the_head(ground: Ground, tmp_path: Path) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [unreadable("case-1", 1), message("case-1", 2, "two"), unreadable("case-1", 3)])
        await send(ground, [message("case-1", 4, "four")])
        (first,) = await letters(ground, 1)
        await eventually(lambda: _is(parked(ground), 3))
        await order(ground, skip(first))
        second = (await letters(ground, 3))[-1]
        assert second.dead_letter_id != first.dead_letter_id
        dead = await wait_for(ground, 2, "routing.deadletters")
        await order(ground, skip(second))
        records = await wait_for(ground, 2)
    assert [r.value for r in dead] == [b"garbage", b"garbage"]
    assert texts(records, "case-1") == ["two", "four"]


async def test_a_record_that_arrives_together_with_the_order_is_not_left_waiting(
    ground: Ground, tmp_path: Path
) -> None:
    async with routing_service(ground, tmp_path):
        await send(ground, [unreadable("case-1", 1), message("case-1", 2, "two")])
        (letter,) = await letters(ground, 1)
        await eventually(lambda: _is(parked(ground), 1))
    await send(ground, [message("case-1", 3, "three")])
    await order(ground, skip(letter))
    async with routing_service(ground, tmp_path):
        records = await wait_for(ground, 2)
        assert await parked(ground) == 0
    assert texts(records, "case-1") == ["two", "three"]


async def test_a_record_sent_twice_while_its_key_waits_is_handled_once(ground: Ground, tmp_path: Path) -> None:
    handler = Forward()
    async with routing_service(ground, tmp_path, handler):
        twice = message("case-1", 2, "two")
        await send(ground, [message("case-1", 1, "permanent"), twice, message("case-1", 1, "permanent"), twice])
        (letter,) = await letters(ground, 1)
        await eventually(lambda: _is(parked(ground), 3))
        handler.mended = True
        await order(ground, replay(letter))
        await send(ground, [message("case-1", 3, "three")])
        records = await wait_for(ground, 3)
    assert texts(records, "case-1") == ["permanent", "two", "three"]


async def test_a_passing_failure_during_a_replay_is_tried_again_and_not_told_as_a_failure(
    ground: Ground, tmp_path: Path
) -> None:
    handler = Forward()
    async with routing_service(ground, tmp_path, handler):
        await send(ground, [unreadable("case-1", 1), message("case-1", 2, "passing")])
        (letter,) = await letters(ground, 1)
        await eventually(lambda: _is(parked(ground), 1))
        await order(ground, skip(letter))
        records = await wait_for(ground, 1)
        told = await wait_for(ground, 2, "routing.operations")
    assert handler.passing_failures == 3
    assert texts(records, "case-1") == ["passing"]
    assert [json.loads(r.value or b"").get("outcome") for r in told] == [None, "skipped"]


async def test_a_key_that_text_cannot_hold_is_dead_lettered_with_its_bytes(ground: Ground, tmp_path: Path) -> None:
    _, headers, _ = message("case-1", 1)
    async with routing_service(ground, tmp_path):
        await send(ground, [("a\0b", headers, b"garbage"), message("case-2", 1)])
        dead = await wait_for(ground, 1, "routing.deadletters")
        records = await wait_for(ground, 1)
    assert header_map(dead[0].headers)["dead_letter_key"] == "a\0b"
    assert list(sequences(records)) == ["case-2"]


async def test_a_record_as_large_as_the_broker_takes_is_dead_lettered_whole(ground: Ground, tmp_path: Path) -> None:
    key, headers, _ = message("case-1", 1)
    body = b"x" * 2_000_000
    async with routing_service(ground, tmp_path):
        await send(ground, [(key, headers, body), message("case-2", 1)])
        dead = await wait_for(ground, 1, "routing.deadletters")
        await wait_for(ground, 1)
    assert dead[0].value == body


async def test_records_that_others_write_never_park_their_key(ground: Ground, tmp_path: Path) -> None:
    key, headers, _ = message("case-1", 1)
    async with routing_service(ground, tmp_path):
        await kafka.send(ground, "world", "routing.commands", [(key, headers, b"garbage"), (key, headers, b"garbage")])
        dead = await wait_for(ground, 2, "routing.deadletters")
        assert await parked(ground) == 0
    assert len(dead) == 2
    settings = ground.settings("routing")
    assert await read_to_end(settings, ground.installation.physical("routing.deadletters")) == dead


async def _is(found: object, wanted: int) -> bool:
    return bool(await found == wanted)  # type: ignore[misc]
