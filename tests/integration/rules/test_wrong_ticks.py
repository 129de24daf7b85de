"""What the rulebook does while the clock is wrong, and what is left of it when the clock is right again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.events.base import Actor, Event
from common.contracts.events.clock import TimeCorrected, TimePassed
from common.contracts.events.deliberation import DeliberationClosed
from common.contracts.events.rules import (
    DecideProposal,
    ProposalChecked,
    ProposalLapsed,
    ProposalWithdrawn,
    ReleasePublished,
    RulesCommandRefused,
    WithdrawProposal,
)

from tests.integration.rules.test_loops_wait import NOON, STEP, delivery, proposal, said, tick

HEAD = Actor(id="head:north", role="regional_head", scope="north")
RIGHT, WRONG = NOON + STEP, NOON + timedelta(days=60)


def corrected() -> Delivery:
    event = TimeCorrected(wrong_until=WRONG, until=RIGHT, reason="ahead", actor=HEAD)
    return delivery(event, RIGHT + timedelta(minutes=40), "corrected", "clock.ticks")


def wrong() -> Delivery:
    return delivery(TimePassed(since=RIGHT, until=WRONG), WRONG, "wrong", "clock.ticks")


def given(event: Event, name: str) -> Delivery:
    return delivery(event, RIGHT + timedelta(minutes=30), name, "rules.commands")


async def test_a_release_accepted_while_the_clock_was_wrong_takes_effect_at_the_next_right_boundary(
    db: asyncpg.Connection,
) -> None:
    accept = given(DecideProposal(actor=HEAD, proposal_id="proposal-1", accept=True, reason="yes"), "accept")
    found = await said(db, [proposal(1, NOON), tick(0)], [wrong(), accept], [corrected()])
    late, soon = [e.event for e in found if isinstance(e.event, ReleasePublished)]
    assert late.effective_at > WRONG
    assert (soon.number, soon.tables) == (late.number + 1, late.tables)
    assert RIGHT < soon.effective_at <= RIGHT + timedelta(hours=1)


async def test_what_a_service_said_at_a_wrong_tick_is_heard_at_the_next_right_one(db: asyncpg.Connection) -> None:
    lapsed = DeliberationClosed(
        proposal_id="proposal-1", outcome="lapsed", reason="quorum_not_met", closed_at=WRONG + STEP
    )
    fact = delivery(lapsed, WRONG + STEP, "closed", "deliberation.proceedings")
    right = delivery(TimePassed(since=RIGHT, until=RIGHT + STEP), RIGHT + STEP, "right", "clock.ticks")
    found = await said(db, [proposal(1, NOON), tick(0)], [wrong(), fact], [corrected()], [right])
    assert [e.event.reason for e in found if isinstance(e.event, ProposalLapsed)] == ["quorum_not_met"]


async def test_a_loop_withdraws_what_it_proposed_at_a_wrong_tick_before_anybody_judged_it(
    db: asyncpg.Connection,
) -> None:
    loop, one = Actor(id="misrouting", role="loop"), proposal(1, WRONG)
    waiting = replace(one, envelope=replace(one.envelope, subject="proposal-1"))
    withdraw = WithdrawProposal(actor=loop, proposal_id="proposal-1", reason="the clock was wrong")
    found = await said(db, [tick(0), waiting], [given(withdraw, "withdraw")], [tick(1)])
    assert [e.event.proposal_id for e in found if isinstance(e.event, ProposalWithdrawn)] == ["proposal-1"]
    assert not [e for e in found if isinstance(e.event, ProposalChecked | RulesCommandRefused)]
