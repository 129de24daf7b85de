"""Early warnings as routing keeps them in PostgreSQL, and what follows from them for cases, from tick to tick."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected
from common.contracts.events.reflex.warnings import WarningEnded, WarningRaised
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.rulebook.tables import LONGEST_WARNING_HOURS

from tests.conftest import Ground
from tests.integration.routing.test_duplicates import NOON, Routing, joined, lamp

MINUTES_A_DAY = 24 * 60
ABOUT = {"warning_id": "w", "region": "north", "authority": "yard-01", "category": "street-light"}


def raised(minutes: float) -> tuple[Event, float]:
    event = WarningRaised(
        **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOON, window_hours=24,
        likelihood=30, threshold=18, cases=("first",), parent_case="first", raised_at=NOON,
    )  # fmt: skip
    return event, minutes


def ended(minutes: float) -> tuple[Event, float]:
    return WarningEnded(**ABOUT, reports=20, since=NOON, ended_at=NOON + timedelta(minutes=minutes)), minutes


@pytest.fixture
async def db(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(ground.urls["routing"])
    yield db
    await db.close()


def suggested(events: list[Event]) -> list[tuple[str, str, str | None]]:
    return [(e.case_id, e.other_case, e.warning) for e in events if isinstance(e, DuplicateSuggested)]


async def test_while_a_warning_stands_new_cases_are_more_urgent_and_its_parent_is_suggested_on_every_replica(
    db: asyncpg.Connection,
) -> None:
    one, other = Routing(db), Routing(db)
    await one.hear(lamp("first", 1))
    await one.tick(60)
    await one.hear(raised(60))
    (case,) = await other.assigned(lamp("new", 61, 500))
    assert case.priority == 3
    assert [(b.table, b.inputs["warning"]) for b in case.because if "warning" in b.inputs] == [("warnings", "w")]
    (before,) = await other.assigned(lamp("before", 59, 300))
    assert before.priority == 2, "registered before the warning, though it is read after it"
    (word,) = await one.warned(lamp("third", 62, -500), lamp("far", 63, 900))
    assert (word.case_id, word.region, word.category, word.warning_id) == ("third", "north", "street-light", "w")
    assert suggested(await one.tick(120)) == [("new", "first", "w"), ("third", "first", "w")]
    await one.hear(joined("new", "first", 121))
    (decided,) = await one.tick(180)
    assert isinstance(decided, DuplicateDecided)
    assert (decided.same, decided.warning) == (True, "w")
    await other.hear(ended(180))
    (late,) = await one.assigned(lamp("late", 181, 700))
    assert late.priority == 2
    assert suggested(await one.tick(240)) == []


async def test_what_happened_before_the_end_of_a_warning_is_judged_by_it_though_it_is_read_after_the_end(
    db: asyncpg.Connection,
) -> None:
    routing = Routing(db)
    await routing.hear(lamp("first", 1), raised(60), ended(120))
    (case,) = await routing.assigned(lamp("new", 119, 500))
    assert case.priority == 3
    assert suggested(await routing.tick(180)) == [("new", "first", "w")]


async def test_a_warning_is_forgotten_a_day_after_its_end_and_where_nobody_ends_it_after_its_longest_time(
    db: asyncpg.Connection,
) -> None:
    routing = Routing(db)
    await routing.hear(raised(0), lamp("a", 1))
    await routing.tick(60)
    unended = LONGEST_WARNING_HOURS * 60 + MINUTES_A_DAY
    await routing.hear(ended(60), lamp("b", 100))
    await routing.tick(60 + MINUTES_A_DAY)
    assert await db.fetchval("SELECT count(*) FROM early_warning") == 1
    await routing.hear(lamp("c", 60 + MINUTES_A_DAY))
    await routing.tick(61 + MINUTES_A_DAY)
    assert await db.fetchval("SELECT count(*) FROM early_warning") == 0
    await routing.hear(raised(0), lamp("d", unended))
    await routing.tick(unended + 1)
    assert await db.fetchval("SELECT count(*) FROM early_warning") == 0


async def test_a_warning_raised_while_the_clock_was_ahead_never_stands_and_can_be_raised_anew(
    db: asyncpg.Connection,
) -> None:
    routing, ahead = Routing(db), 40 * MINUTES_A_DAY
    actor = Actor(id="federal:centre", role="federal", scope="*")
    corrected = TimeCorrected(wrong_until=NOON + timedelta(minutes=ahead), until=NOON, reason="ahead", actor=actor)
    await routing.hear(lamp("first", 1), raised(ahead))
    await routing.hear((corrected, 2))
    assert await db.fetchval("SELECT count(*) FROM early_warning") == 0
    await routing.hear(raised(60))
    (case,) = await routing.assigned(lamp("new", 61, 500))
    assert case.priority == 3
