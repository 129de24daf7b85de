"""Routing and intake are killed again and again while an early warning stands and citizens are to be told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import routing.app
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, NoticeIssued
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import MessageRegistered
from common.contracts.events.reflex.warnings import WarningEnded, WarningRaised
from common.contracts.events.routing import CaseAssigned
from common.federation.country import load_federation
from common.runtime.service import Service

from tests.conftest import FEDERATION, Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.intake.test_conversations import heard, later
from tests.integration.intake.test_voices import OUTBOUND, running, say
from tests.integration.routing.test_duplicates import METRE
from tests.integration.routing.test_trial_in_force import publish
from tests.kafka import all_of, at_rest
from tests.killed import killed_when

HOUR = timedelta(hours=1)
BEFORE, UNDER = 8, 8
"""Citizens who reported before the warning was raised, and while it stood."""
SMALL = 3
"""Records of a batch, so that a kill falls between batches of one step."""
ABOUT = {"warning_id": "w", "region": "north", "authority": "yard-01", "category": "street-light"}


async def report(ground: Ground, number: int, minutes: int) -> None:
    """By a citizen of its own, so far from the others that no two are about one thing."""
    name = f"citizen{number}"
    told = later(
        "The lamp is dark", minutes, name, contact=Contact(address=f"{name}@example.org", language="en"),
        category="Street light", place=Place(lat=0.5 + 40 * number * METRE, lon=0.5),
    )  # fmt: skip
    await say(ground, told, name)


async def tick(ground: Ground, since: int, until: int) -> None:
    passed = TimePassed(since=NOW + HOUR * since, until=NOW + HOUR * until)
    await fact(ground, "world", "clock.ticks", "clock", passed, passed.until)


@asynccontextmanager
async def both(ground: Ground) -> AsyncIterator[None]:
    """Until all that lies on the topics is handled."""
    async with running(ground):
        service = Service(ground.settings("routing"), routing.app.build)
        await service.start()
        try:
            yield
            await at_rest(ground, "intake", "routing")
        finally:
            await service.stop()


async def killed(ground: Ground, name: str, table: str, rows: int) -> None:
    """A service, once its table has so many rows."""
    await killed_when(ground, name, f"SELECT count(*) >= {rows} FROM {table}", batch_records=SMALL)  # noqa: S608


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_kills_while_a_warning_stands_tell_every_citizen_once_lose_nothing_and_its_urgency_ends(
    ground: Ground,
) -> None:
    await publish(ground, *load_federation(FEDERATION).base_releases())
    for number in range(BEFORE):
        await report(ground, number, number)
    await killed(ground, "intake", "message", BEFORE)
    await killed(ground, "routing", "route", 1)
    async with both(ground):
        pass
    await tick(ground, 0, 1)
    first = [one.case_id for one in await heard(ground) if isinstance(one, MessageRegistered)]
    assert len(first) == BEFORE

    raised = WarningRaised(
        **ABOUT, area="01", lat=0.5, lon=0.5, radius_m=800, reports=15, expected=1.2, since=NOW, window_hours=24,
        likelihood=30, threshold=18, cases=tuple(first), parent_case=first[0], raised_at=NOW + HOUR,
    )  # fmt: skip
    await fact(ground, "reflex", "reflex.warnings", "w", raised, NOW + HOUR)
    await killed(ground, "intake", "tick_batch", 1)
    await killed(ground, "routing", "early_warning", 1)
    for number in range(BEFORE, BEFORE + UNDER):
        await report(ground, number, 60 + number)
    async with running(ground):
        await at_rest(ground, "intake")
    await killed(ground, "routing", "route", BEFORE + 2)
    async with both(ground):
        pass
    await tick(ground, 1, 2)
    await killed(ground, "intake", "told_warning", 1)
    async with both(ground):
        pass
    await tick(ground, 2, 3)
    await killed(ground, "intake", "told_warning", BEFORE + UNDER)
    ended = WarningEnded(**ABOUT, reports=20, since=NOW, ended_at=NOW + HOUR * 4)
    await fact(ground, "reflex", "reflex.warnings", "w", ended, NOW + HOUR * 4)
    await killed(ground, "routing", "early_warning WHERE until IS NOT NULL", 1)
    await tick(ground, 3, 6)
    async with both(ground):
        await report(ground, BEFORE + UNDER, 350)

    issued = [NoticeIssued.model_validate_json(r.value or b"") for r in await all_of(ground, "world", OUTBOUND)]
    told = Counter((one.kind, one.conversation) for one in issued if one.kind in ("registered", "many_reports"))
    citizens = [f"citizen{n}" for n in range(BEFORE + UNDER + 1)]
    assert told == Counter(
        {("registered", name): 1 for name in citizens} | {("many_reports", name): 1 for name in citizens[:-1]}
    )  # fmt: skip
    registered = [one for one in await heard(ground) if isinstance(one, MessageRegistered)]
    assigned = [
        CaseAssigned.model_validate_json(r.value or b"")
        for r in await all_of(ground, "routing", "region.north.assignments")
    ]
    assert sorted(one.case_id for one in assigned) == sorted(one.case_id for one in registered)
    priority = {one.case_id: one.priority for one in assigned}
    assert [priority[one.case_id] for one in registered] == [2] * BEFORE + [3] * UNDER + [2]
