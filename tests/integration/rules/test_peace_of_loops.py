"""Loops are held to what became of proposals that ended long ago, read back from the database."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import DecideProposal, ProposalChecked, RulesCommandRefused
from common.rulebook import Release, sealed
from common.rulebook.jdm import document_of
from rules.handlers import RulesHandler

from tests.integration.rules.life import Country, delivery, handle
from tests.unit.rules import scene
from tests.unit.rules.scene import EPOCH, HEAD, HOUR, MISROUTING, NOON, change
from tests.unit.rules.test_peace import LIMITS, OTHERS, by

DAY = timedelta(days=1)


class Limited(Country):
    """Its nation limits loops, and nobody argues."""

    def base_releases(self) -> list[Release]:
        heads = dict(scene.world(tried=False).heads)
        tables = {**heads["national"].tables, "loop_limits": document_of("loop_limits", [("all", LIMITS)])}
        heads["national"] = sealed(Release(layer="national", number=1, effective_at=EPOCH, tables=tables))
        return list(heads.values())


async def _tick(db: asyncpg.Connection, to: datetime, *events: Event) -> list[Event]:
    """Events half an hour before a tick, judged at it by a service that was just started."""
    handler = RulesHandler(Limited(), lambda one: "reflex" if one.event.actor.role == "loop" else "portal")  # type: ignore[attr-defined, arg-type]
    given = [delivery(event, to - HOUR / 2, f"{event.type}-{to.isoformat()}") for event in events]
    passed = delivery(TimePassed(since=to - HOUR, until=to), to, f"tick-{to.isoformat()}")
    found = await handle(db, [*given, passed], handler)
    return [one.event for one in found if one.topic == "rules.proposals"]


async def test_a_setback_of_weeks_ago_still_holds_back_another_loop_after_a_restart(db: asyncpg.Connection) -> None:
    whole = db.transaction()
    await whole.start()
    try:
        handler = RulesHandler(Limited(), lambda one: "portal")  # type: ignore[arg-type]
        await handler.startup(db)
        await _tick(db, NOON, by(MISROUTING, change("p1")))
        no = DecideProposal(actor=HEAD, proposal_id="p1", accept=False, reason="It is not wanted")
        await _tick(db, NOON + HOUR, no)
        (early,) = await _tick(db, NOON + 14 * DAY, by(OTHERS, change("p2")))
        assert isinstance(early, RulesCommandRefused)
        assert (early.code, early.details) == (
            "row_cools_down", {"times": "1", "until": (NOON + HOUR / 2 + 14 * DAY).isoformat()},
        )  # fmt: skip
        (in_time,) = await _tick(db, NOON + 14 * DAY + HOUR, by(OTHERS, change("p3")))
        assert isinstance(in_time, ProposalChecked)
    finally:
        await whole.rollback()
