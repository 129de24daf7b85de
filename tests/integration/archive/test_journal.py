"""The archive's handler on the real database: sealing, batches that fail, and what a proposal waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from archive import store
from archive.columns import gather, opened
from archive.ends import End, Ends
from archive.handlers import SEAL_BYTES, ArchiveHandler
from archive.microseconds import microseconds
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, header_map
from common.contracts.events import EVENTS, region
from common.contracts.events.archive import ForecastScored, ProposalBacktested
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import ProposalAdopted, ProposalChecked
from common.messaging.postgres import transaction
from common.messaging.telemetry.metrics import NOT_REPLAYABLE

from tests.conftest import Ground
from tests.integration.archive.told import STEP, Told
from tests.past import START, book_of_tests, past, to_lighting

CHECKED = START + 2 * STEP


class Failed(Exception):
    """Something after the handler failed, and the transaction with it."""


def handler(ends: Ends | None = None, seal_bytes: int = SEAL_BYTES) -> ArchiveHandler:
    async def ask() -> Ends:
        return ends or {}

    return ArchiveHandler(book_of_tests(), ask, seal_bytes)


def delivery(event: Event, at: datetime, name: str) -> Delivery:
    return Delivery(Envelope(name, "test", event.type, at, name, name), event, "t", 0, 0, name)


def checked(at: datetime = CHECKED, name: str = "p", evidence: dict[str, Any] | None = None) -> Delivery:
    patch = to_lighting()
    event = ProposalChecked(
        proposal_id=name, title="t", words="w", patch=patch, reversal=patch, actor="a", evidence=evidence or {}
    )
    return delivery(event, at, name)


def tick(number: int) -> Delivery:
    since = START + number * STEP
    return delivery(TimePassed(since=since, until=since + STEP), since + STEP, f"tick-{number}")


def cases(ground: Ground, numbers: range) -> list[Delivery]:
    told, found = Told(ground), []
    for key, headers, body in (record for number in numbers for record in told.case(number)):
        named = header_map(headers)
        kind = EVENTS[named["ce_type"]]
        model = region.CaseOpenedWithReasons if kind is region.CaseOpened else kind
        envelope = Envelope(
            named["ce_id"], "test", kind.type, datetime.fromisoformat(named["ce_time"]), key, key,
            sequence=int(named["ce_sequence"]),
        )  # fmt: skip
        found.append(Delivery(envelope, model.model_validate_json(body), "region.north.cases", 0, 0, key))
    return found


async def deliver(one: ArchiveHandler, pool: asyncpg.Pool, *batch: Delivery, fail: bool = False) -> list[Emit]:
    async with transaction(pool) as db:
        emits = await one.handle(batch, db)
        if fail:
            raise Failed
    return emits


async def answered(one: ArchiveHandler, pool: asyncpg.Pool, ticks: Sequence[int]) -> list[bytes]:
    return [emit.event.wire() for number in ticks for emit in await deliver(one, pool, tick(number))]


async def test_sealing_changes_no_answer_and_a_batch_that_fails_leaves_nothing(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    whole, small = handler(), handler(seal_bytes=1)
    batches = [cases(ground, range(at, at + 20)) for at in range(0, 100, 20)]
    for number, batch in enumerate(batches):
        await deliver(whole, pool, *batch)
        if number == 1:
            await deliver(whole, pool, checked())
    (expected,) = await answered(whole, pool, [2, 3])
    await pool.execute("TRUNCATE journal, waiting_proposal")
    for number, batch in enumerate(batches):
        with pytest.raises(Failed):
            await deliver(small, pool, *batch, tick(-9), fail=True)
        await deliver(small, pool, *batch)
        if number == 1:
            await deliver(small, pool, checked())
        elif number == 3:
            with pytest.raises(Failed):
                await deliver(small, pool, tick(-8), fail=True)
            await deliver(small, pool, tick(-8))
    assert await pool.fetchval("SELECT count(*) FROM segment") == 1
    assert await pool.fetchval("SELECT sum(rows) FROM segment") == sum(len(batch) for batch in batches[:4])
    assert await pool.fetchval("SELECT count(*) FROM journal") == len(batches[4])
    assert await answered(small, pool, [2, 3]) == [expected]
    assert await pool.fetchval("SELECT count(*) FROM journal") == 0


async def test_a_proposal_waits_for_a_tick_that_begins_after_its_check_and_for_what_was_said_by_then(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    one = handler({"p.region.north.cases.v1/0": End(7)})
    await deliver(one, pool, *cases(ground, range(3)), checked())
    assert await answered(one, pool, [1]) == []
    assert await pool.fetchval("SELECT ends FROM waiting_proposal") is None
    assert await answered(one, pool, [2, 3]) == []
    for offset, answers in ((6, 0), (7, 1)):
        await pool.execute(
            "INSERT INTO position (topic, partition, next_offset) VALUES ('p.region.north.cases.v1', 0, $1)"
            " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset",
            offset,
        )
        assert len(await answered(one, pool, [4 + offset])) == answers


async def stands_at(pool: asyncpg.Pool, offset: int, topic_id: UUID) -> None:
    await pool.execute(
        "INSERT INTO position (topic, partition, next_offset, topic_id)"
        " VALUES ('p.region.north.cases.v1', 0, $1, $2) ON CONFLICT (topic, partition)"
        " DO UPDATE SET next_offset = EXCLUDED.next_offset, topic_id = EXCLUDED.topic_id",
        offset, topic_id,
    )  # fmt: skip


async def test_of_a_topic_that_is_made_anew_a_proposal_waits_for_what_lies_there_now(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    ends, place = dict[str, End](), "p.region.north.cases.v1/0"
    one = handler(ends)
    old, new = uuid4(), uuid4()
    ends[place] = End(500, str(old))
    await stands_at(pool, 300, old)
    await deliver(one, pool, *cases(ground, range(3)), checked())
    assert await answered(one, pool, [2, 3]) == []
    ends[place] = End(9, str(new))
    assert await answered(one, pool, [4]) == []
    await stands_at(pool, 8, new)
    assert await answered(one, pool, [5]) == []
    await stands_at(pool, 9, new)
    assert len(await answered(one, pool, [6])) == 1


async def test_a_topic_that_lost_records_or_is_gone_is_not_waited_for(ground: Ground, pool: asyncpg.Pool) -> None:
    name = uuid4()
    ends = {f"p.region.north.cases.v1/{n}": End(50, str(name)) for n in (0, 1)}
    one = handler(ends)
    await stands_at(pool, 20, name)
    await deliver(one, pool, *cases(ground, range(3)), checked())
    assert await answered(one, pool, [2, 3]) == []
    ends["p.region.north.cases.v1/0"] = End(20, str(name))
    del ends["p.region.north.cases.v1/1"]
    assert len(await answered(one, pool, [4])) == 1


async def test_a_proposal_that_makes_its_replay_fail_is_said_so_and_keeps_no_other_waiting(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    one, counter = handler(), NOT_REPLAYABLE.labels("backtest")
    before = counter._value.get()
    await deliver(one, pool, *cases(ground, range(40)), checked(), checked(name="bad"))
    await pool.execute("UPDATE waiting_proposal SET body = '{}' WHERE proposal_id = 'bad'")
    emits = [emit for number in (2, 3) for emit in await deliver(one, pool, tick(number))]
    said = {emit.key: emit.event for emit in emits}
    assert isinstance(said["bad"], ProposalBacktested)
    assert isinstance(said["p"], ProposalBacktested)
    assert said["bad"].verdict == "not_replayable"
    assert "ValidationError" in (said["bad"].reason or "")
    assert said["p"].verdict == "known"
    assert counter._value.get() == before + 1
    assert await pool.fetchval("SELECT count(*) FROM waiting_proposal") == 0


async def test_an_adopted_change_without_a_review_or_a_check_is_not_waited_for(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    one = handler()
    adopted = ProposalAdopted(proposal_id="p", layer="north", number=2, effective_at=START)
    await deliver(one, pool, delivery(adopted, START, "p"))
    await deliver(one, pool, checked(), delivery(adopted, START, "p"))
    assert await pool.fetchval("SELECT string_agg(asks, ' ') FROM waiting_proposal") == "backtest"
    at = START + STEP
    await deliver(one, pool, delivery(adopted.model_copy(update={"review_at": at}), START, "p"))
    emits = [emit for number in (1, 2) for emit in await deliver(one, pool, tick(number))]
    (score,) = [emit for emit in emits if isinstance(emit.event, ForecastScored)]
    assert (score.topic, score.key, score.time) == ("archive.scores", "p", at)
    assert isinstance(score.event, ForecastScored)
    assert score.event.code == "no_forecast"


async def test_a_proposal_that_is_checked_anew_is_answered_as_of_the_later_check(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    one = handler()
    await deliver(one, pool, *cases(ground, range(3)), checked(START))
    assert await answered(one, pool, [0]) == []
    await deliver(one, pool, checked())
    (emit,) = [emit for number in (2, 3) for emit in await deliver(one, pool, tick(number))]
    assert (emit.time, emit.topic, emit.key) == (CHECKED, "archive.backtests", "p")


async def test_rows_come_out_of_the_database_as_they_went_in(pool: asyncpg.Pool, tmp_path: Path) -> None:
    rows = list(past(200))
    async with transaction(pool) as db:
        await store.add(db, rows)
        assert await store.copy_out(db, tmp_path / "journal.csv") == len(rows)
    with opened(tmp_path) as columns:
        gather(columns, [], tmp_path / "journal.csv")
        found = columns.execute("SELECT kind, case_id, happened_at, minutes, by_hand, given FROM past").fetchall()
    assert sorted(map(repr, found)) == sorted(
        repr((r.kind, r.case_id, microseconds(r.happened_at), r.minutes, r.by_hand, r.given)) for r in rows
    )
