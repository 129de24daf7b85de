"""Backtests of patches that nobody has proposed, over HTTP, on the real database."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
from archive.backtest_http import Backtests
from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.clock import TimePassed
from common.messaging.clock import last_tick
from common.messaging.postgres import transaction
from starlette.applications import Starlette

from tests.conftest import Ground
from tests.integration.archive.test_journal import CHECKED, cases, checked, deliver, handler, tick
from tests.integration.archive.told import STEP
from tests.past import book_of_tests, to_lighting

PATCH = to_lighting().model_dump(mode="json")


def browser(pool: asyncpg.Pool, seconds: float = 60.0) -> httpx.AsyncClient:
    routes = Backtests(pool, book_of_tests(), None, seconds).routes()
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://archive")


async def heard(pool: asyncpg.Pool) -> None:
    async with transaction(pool) as db:
        await last_tick.save(db, TimePassed(since=CHECKED, until=CHECKED + STEP))


async def test_a_posted_patch_is_answered_as_a_proposal_is_and_leaves_nothing(
    ground: Ground, pool: asyncpg.Pool
) -> None:
    one = handler()
    await deliver(one, pool, *cases(ground, range(40)), checked())
    emits = [emit for number in (2, 3) for emit in await deliver(one, pool, tick(number))]
    await heard(pool)
    async with browser(pool) as asking:
        answer = await asking.post("/backtests", json={"patch": PATCH})
    assert answer.status_code == 200, answer.text
    found = ProposalBacktested.model_validate_json(answer.content)
    assert found.total.moved == 40
    assert found.model_copy(update={"proposal_id": "p"}) == emits[0].event
    assert await pool.fetchval("SELECT count(*) FROM waiting_proposal") == 0
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_what_cannot_be_answered_is_said_in_words(ground: Ground, pool: asyncpg.Pool) -> None:
    await deliver(handler(), pool, *cases(ground, range(40)))
    async with browser(pool) as asking:

        async def refused(status: int, words: str, **how: Any) -> None:
            answer = await asking.post("/backtests", **how)
            assert answer.status_code == status
            assert words in answer.json()["error"]

        await refused(503, "no tick", json={"patch": PATCH})
        await heard(pool)
        await refused(415, "application/json", data={"patch": "a form"})
        await refused(422, "patch: Field required", json={})
        await refused(422, "body", content=b"{", headers={"Content-Type": "application/json"})
        gone = {**PATCH, "changes": [{"op": "remove", "row_id": "none", "before": {}}]}
        answer = await asking.post("/backtests", json={"patch": gone})
        assert (answer.status_code, answer.json()["verdict"]) == (200, "not_replayable")
    async with browser(pool, seconds=0.0) as asking:
        await refused(503, "longer than 0 s", json={"patch": PATCH})


async def test_one_patch_is_replayed_at_a_time(ground: Ground, pool: asyncpg.Pool) -> None:
    await deliver(handler(), pool, *cases(ground, range(40)))
    await heard(pool)
    async with browser(pool) as asking:
        answers = await asyncio.gather(*(asking.post("/backtests", json={"patch": PATCH}) for _ in range(3)))
        again = await asking.post("/backtests", json={"patch": PATCH})
    assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
    assert again.status_code == 200
