"""A wrong tick that got through: all it did is taken back by an event, told to whom it was told, and time goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from common.contracts.events import channel, clock, federal, region
from common.contracts.events.base import Actor, Event
from common.messaging.clock import tick_buffer
from common.runtime.service import Service

from tests.conftest import Ground
from tests.end_to_end.system import command, everything, fact, received, url
from tests.kafka import all_of, at_rest, eventually, records_of

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CENTRE = Actor(id="federal:centre", role="federal", scope="*")
TIMED = ("intake", "federal", "rules", "reflex", "portal", "regional-north")
DESK = Actor(id="desk:yard-01", role="desk", scope="yard-01")


async def tick(ground: Ground, since: datetime, until: datetime) -> None:
    await fact(ground, "clock", "clock.ticks", "clock", clock.TimePassed(since=since, until=until), until)


async def said(ground: Ground, topic: str, model: type[Event]) -> list[Any]:
    """Every event of a type on a topic."""
    records = await all_of(ground, "portal", topic)
    kind = model.type.encode()
    return [model.model_validate_json(r.value or b"") for r in records if dict(r.headers).get("ce_type") == kind]


async def number(ground: Ground, topic: str, model: type[Event], wanted: int) -> bool:
    return len(await said(ground, topic, model)) == wanted


async def watched(ground: Ground, case_ids: set[str]) -> bool:
    """Whether the centre has read of these cases; it looks at them at its next tick."""
    db = await asyncpg.connect(ground.urls["federal"])
    try:
        waiting = await tick_buffer.waiting(db, case_ids)
    finally:
        await db.close()
    return {one.key for one in waiting} == case_ids


async def test_what_a_wrong_tick_did_is_taken_back_and_time_goes_on(ground: Ground, tmp_path: Path) -> None:
    """Two cases; one is answered before anybody notices. The skew is set so wide that a tick 60 days ahead passes."""
    wide = 100 * DAY.total_seconds()
    async with (
        everything(ground, tmp_path, time="wall", tick_skew_seconds=wide, lateness_seconds=0) as running,
        httpx.AsyncClient(timeout=60) as http,
    ):
        for text in ("Late", "Answered"):
            body = received(text) | {"sent_at": datetime.now(UTC).isoformat()}
            posted = await http.post(url(running["channels"], "/v1/channels/web/messages"), json=body)
            assert posted.status_code == 202, posted.text
        await eventually(lambda: number(ground, "region.north.cases", region.CaseOpened, 2))
        late, answered = await said(ground, "region.north.cases", region.CaseOpened)
        if "Late" not in late.text:
            late, answered = answered, late
        await eventually(lambda: watched(ground, {late.case_id, answered.case_id}))
        await at_rest(ground)
        right = datetime.now(UTC)
        await tick(ground, right - 10 * MINUTE, right)
        await eventually(lambda: shown(http, running, clock=right))
        await eventually(lambda: stands_at(http, running, right))
        before = await states(ground)

        wrong = right + 60 * DAY
        await tick(ground, right, wrong)
        await eventually(lambda: number(ground, "federal.directives", federal.DirectiveIssued, 2))
        await eventually(lambda: number(ground, "region.north.cases", region.DirectiveReceived, 2))
        await eventually(lambda: shown(http, running, clock=wrong, overdue=2, escalated=2))
        notices = await records_of(ground, "world", "channel.web.outbound", 8)
        order = region.AnswerCase(actor=DESK, case_id=answered.case_id, text="Done.")
        await command(ground, "region.north.commands", answered.case_id, order, at=datetime.now(UTC))
        await eventually(lambda: number(ground, "region.north.cases", region.CaseAnswered, 1))

        correction = clock.TimeCorrected(wrong_until=wrong, until=right, reason="a machine was ahead", actor=CENTRE)
        forged = correction.model_copy(update={"reason": "forged"})
        await fact(ground, "world", "clock.ticks", "clock", forged, datetime.now(UTC))
        await fact(ground, "operator", "clock.ticks", "clock", correction, datetime.now(UTC))
        again = correction.model_copy(update={"reason": "once more"})
        await fact(ground, "operator", "clock.ticks", "clock", again, datetime.now(UTC))
        await eventually(lambda: number(ground, "region.north.cases", region.CaseOverdueWithdrawn, 2))
        await eventually(lambda: number(ground, "federal.escalations", federal.CaseEscalationWithdrawn, 2))
        await eventually(lambda: number(ground, "federal.directives", federal.DirectiveWithdrawn, 2))
        await eventually(lambda: shown(http, running, clock=right, overdue=0, escalated=0))
        await at_rest(ground)
        notices = await records_of(ground, "world", "channel.web.outbound", 11)
        told = [channel.NoticeIssued.model_validate_json(n.value or b"") for n in notices]
        corrections = [n for n in told if n.replaces]
        wrongly = {dict(r.headers)["ce_id"].decode() for r, n in zip(notices, told, strict=True)
                   if n.notice == "escalated" and not n.replaces}  # fmt: skip
        assert {n.case_id for n in corrections} == {late.case_id, answered.case_id}
        assert sorted(i for n in corrections for i in n.replaces) == sorted(wrongly)
        assert all("our clock was wrong" in n.text for n in corrections)

        # Everything is as if no tick had ended after the right time.
        after = await states(ground)
        assert after["regional"][late.case_id] == before["regional"][late.case_id]
        assert after["federal"][late.case_id] == before["federal"][late.case_id]
        assert after["regional"][answered.case_id]["overdue"] is False
        supervision = (await http.get(url(running["federal"], "/v1/supervision"))).json()["regions"]["north"]
        assert (supervision["overdue"], supervision["escalated"], supervision["directives_open"]) == (0, 0, 0)
        for name in TIMED:
            await eventually(lambda of=running[name]: tells_of_the_correction(http, of))
        page = (await http.get(url(running["portal"], f"/api/cases/{late.reference}"))).json()
        assert (page["case"]["overdue"], page["case"]["level"]) == (False, 0)
        words = [e["words"] for e in page["events"]]
        assert sum("(Taken back: the clock was wrong.)" in w for w in words) >= 5

        # Right ticks go on from there, and a deadline that really passes fires once more, once.
        await tick(ground, right, right + MINUTE / 2)
        await eventually(lambda: shown(http, running, clock=right + MINUTE / 2, overdue=0))
        await tick(ground, right + MINUTE / 2, wrong)
        await eventually(lambda: number(ground, "federal.escalations", federal.CaseEscalated, 9))
        await eventually(lambda: shown(http, running, clock=wrong, overdue=1, escalated=1))
        overdue = await said(ground, "region.north.cases", region.CaseOverdue)
        assert [e.case_id for e in overdue].count(late.case_id) == 2


async def shown(http: httpx.AsyncClient, running: dict[str, Any], clock: datetime, **totals: int) -> bool:
    """Whether the portal's clock and counters stand so."""
    found = (await http.get(url(running["portal"], "/api/status"))).json()
    async with asyncpg.create_pool(running["portal"]._settings.database_url, min_size=1, max_size=1) as db:
        until = await db.fetchval("SELECT until FROM clock")
    return until == clock and all(found["totals"][name] == value for name, value in totals.items())


async def stands_at(http: httpx.AsyncClient, running: dict[str, Any], until: datetime) -> bool:
    """Whether the last tick of every service that reads the clock is this one."""
    ready = [(await http.get(url(running[name], "/health/ready"))).json() for name in TIMED]
    return all(facts.get("last_tick") == until.isoformat() for facts in ready)


async def tells_of_the_correction(http: httpx.AsyncClient, service: Service) -> bool:
    """Whether a service's readiness, which looks once a second, says who corrected the time, and who tried to."""
    facts = (await http.get(url(service, "/health/ready"))).json()
    told = any("signed by 'world'" in w or "takes nothing back" in w for w in facts["warnings"])
    return told and facts.get("time_corrected", {}).get("actor") == CENTRE.id


async def states(ground: Ground) -> dict[str, dict[str, dict[str, Any]]]:
    """Cases as their region and the centre hold them, but for the time of their last event."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, query in (
        ("regional", "SELECT case_id, state, due_at, fires_at, (body::jsonb - 'last_at')::text AS body,"
                     " (body::jsonb -> 'overdue')::boolean AS overdue FROM cases"),
        ("federal", "SELECT case_id, level, next_at, open, overdue, due_at FROM watched"),
    ):  # fmt: skip
        db = await asyncpg.connect(ground.urls["regional-north" if name == "regional" else name])
        try:
            found[name] = {r["case_id"]: dict(r) for r in await db.fetch(query)}
        finally:
            await db.close()
    return found
