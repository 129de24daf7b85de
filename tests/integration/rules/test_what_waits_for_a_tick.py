"""What waits for a tick is judged at it whatever stands beside it, and a revoked consent accepts nothing meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
import pytest
import rules.domain
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import ProposalLapsed, RulesCommandRefused

from tests.integration.rules.life import REVOKED, delivery, handle, handler, used
from tests.unit.rules.scene import HOUR, MISROUTING, NOON, change, yes

LATE = NOON + 1.5 * HOUR


def tick(number: int) -> Delivery:
    since = NOON + (number - 1) * HOUR
    return delivery(TimePassed(since=since, until=since + HOUR), since + HOUR, f"tick-{number}")


def consent_revoked(at: datetime) -> Delivery:
    made = delivery(REVOKED, at, "revoked")
    return replace(made, key="small", envelope=replace(made.envelope, subject="small"))


async def said(db: asyncpg.Connection, *batches: Sequence[Delivery]) -> list[Event]:
    """What is said to batches, of proposals alone; in a transaction taken back."""
    whole = db.transaction()
    await whole.start()
    try:
        found: list[Emit] = await handler().startup(db)
        for batch in batches:
            found += await handle(db, batch)
        return [one.event for one in found if one.topic == "rules.proposals"]
    finally:
        await whole.rollback()


async def test_a_decision_between_two_ticks_lets_no_proposal_pass_by_a_consent_that_is_revoked(
    db: asyncpg.Connection,
) -> None:
    proposed = delivery(change("p1", actor=MISROUTING), NOON - HOUR / 2, "p1")
    between = [
        delivery(used("p1"), NOON + HOUR, "used"), consent_revoked(LATE), delivery(yes("p1"), LATE, "yes"),
    ]  # fmt: skip
    found = await said(db, [proposed, tick(0)], [tick(1)], between)
    assert [e.reason for e in found if isinstance(e, ProposalLapsed)] == ["consent_revoked"]
    assert [e.code for e in found if isinstance(e, RulesCommandRefused)] == ["proposal_settled"]


async def test_a_proposal_whose_judgement_fails_is_refused_and_the_tick_goes_on(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = rules.domain.propose

    def failing(event: Any, steps: Any) -> None:
        if event.proposal_id == "p1":
            raise OverflowError("too large")
        judge(event, steps)

    monkeypatch.setattr(rules.domain, "propose", failing)
    both = [
        delivery(change(name, category, actor=MISROUTING), NOON - HOUR / 2, name)
        for name, category in (("p1", "lamp"), ("p2", "hole"))
    ]
    found = await said(db, [*both, tick(0)])
    assert [(type(e).__name__, getattr(e, "proposal_id", "")) for e in found] == [
        ("RulesCommandRefused", "p1"), ("ProposalChecked", "p2"),
    ]  # fmt: skip
