"""State that earlier versions of loops have saved, after the migrations: the loops of this version can read it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import orjson
import reflex.app
from common.messaging.postgres import PLUMBING, migrate, open_pool
from reflex import store
from reflex.case_outcomes.tracked_case import Place, TrackedCases
from reflex.loops.prediction.desks import Desks
from reflex.loops.prediction.series import Series

from tests.databases import Databases

MIGRATION = "service/0113_short_state_of_cases.sql"
LONG_TICK = datetime(2011, 7, 2, tzinfo=UTC)
CASE: dict[str, Any] = {
    "case_id": "c1", "region": "north", "area": "01", "category": "hole", "channel": "web", "first": "roads",
    "holder": "parks", "opened": 1309478400.0, "deadline": 1309910400.5, "rows": ["deadline|national|r1"],
    "place": ["hole", 7, 9], "due": {"deadline": 1309996800.0}, "transfers": 1, "left": False, "worked": True,
    "ended": 0.0, "done": False, "answered": False, "missed": 0.0, "reopened": False, "repeated": False, "poor": None,
}  # fmt: skip
DESK: dict[str, Any] = {
    "region": "north", "authority": "roads", "came": 3, "left": 2, "due": {"2011-07-05": 1},
    "arrivals": Series().body(), "departures": [1.0], "worked": [], "terms": [0, 4], "short_days": 1, "told": None,
}  # fmt: skip
OLDER = [
    *((loop, "case|north|c1", CASE) for loop in ("introspection", "equity", "diffusion")),
    ("equity", "case|north|c2", {**CASE, "case_id": "c2", "place": None}),
    ("introspection", "entity|area|01", {"dimension": "area", "name": "01", "week": [1.0], "trail": [], "shown": None}),
    ("prediction", "case|c1", {"case": ["north", "roads", "2011-07-05"]}),
    ("prediction", "desk|north|roads", DESK),
]


async def older(databases: Databases) -> asyncpg.Pool:
    """A database with state of before a migration, which then runs."""
    pool = await open_pool(databases["reflex"])
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    await pool.execute("DELETE FROM migration WHERE name = $1", MIGRATION)
    await pool.execute("INSERT INTO long_tick (until) VALUES ($1)", LONG_TICK)
    for loop, key, body in OLDER:
        text = orjson.dumps(body).decode()
        await pool.execute("INSERT INTO loop_state (loop, key, body) VALUES ($1, $2, $3)", loop, key, text)
        await pool.execute(
            "INSERT INTO loop_state_before (until, loop, key, body) VALUES ($1, $2, $3, $4)", LONG_TICK, loop, key, text
        )
    await migrate(pool, [PLUMBING, reflex.app.MIGRATIONS])
    return pool


async def test_cases_that_an_earlier_version_followed_go_on(databases: Databases) -> None:
    pool = await older(databases)
    async with pool.acquire() as db:
        held = await store.load(db, ["introspection", "equity", "diffusion"])
    for loop in ("introspection", "equity", "diffusion"):
        cases = TrackedCases()
        cases.load({key.partition("|")[2]: body for key, body in held[loop].items() if key.startswith("case|")})
        case = cases.get("north|c1")
        assert case is not None
        assert case.place == Place("hole", 7, 9)
        assert {name: getattr(case, name) for name in CASE if name not in ("place", "rows", "due")} == {
            name: value for name, value in CASE.items() if name not in ("place", "rows", "due")
        }
        assert case.due() == [(CASE["due"]["deadline"], "north|c1", "deadline")]
        assert case.rows == ("deadline|national|r1",)
        without = cases.get("north|c2")
        assert (without is None) == (loop != "equity")
        assert without is None or without.place is None
    assert not [key for key in held["introspection"] if key.startswith("entity|")]


async def test_desks_of_an_earlier_version_keep_their_day_and_what_is_due(databases: Databases) -> None:
    pool = await older(databases)
    async with pool.acquire() as db:
        held = await store.load(db, ["prediction"])
    desks = Desks(lambda region, at: at.date())
    desks.load(held["prediction"])
    (desk,) = desks.of_region("north")
    assert (desk.came, desk.left, desk.terms, desk.due) == (3, 2, [0, 4], {date(2011, 7, 5): 1})
    assert (desk.departures, desk.short_days) == ([1.0], 1)


async def test_what_was_kept_before_a_long_tick_is_brought_to_the_same_form(databases: Databases) -> None:
    pool = await older(databases)
    both = "SELECT loop, key, body::jsonb AS body FROM {} ORDER BY 1, 2"
    now = await pool.fetch(both.format("loop_state"))
    assert now == await pool.fetch(both.format("loop_state_before"))
    assert len(now) == len(OLDER) == 7
