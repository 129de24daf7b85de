"""Proposals of loops wait for a tick and are taken in order of (time, id): loops speak at ticks, several at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.rules import ProposeChange, WithdrawProposal
from common.contracts.frozen import value
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import buffered


@value
class Waiting:
    """A proposal whose signature was good: `principal` signed it."""

    principal: str
    envelope: Envelope
    event: ProposeChange


async def keep(db: asyncpg.Connection, delivery: Delivery, event: ProposeChange, principal: str) -> None:
    """Let a loop's proposal wait."""
    await tick_buffer.keep(db, [buffered(delivery, key=event.proposal_id, principal=principal)])


async def drop(db: asyncpg.Connection, event: WithdrawProposal) -> ProposeChange | None:
    """Remove and return a proposal that still waits, when its own author withdraws it."""
    for one in await tick_buffer.waiting(db, [event.proposal_id]):
        proposal = ProposeChange.model_validate_json(one.body)
        if proposal.actor.id == event.actor.id:
            await tick_buffer.drop(db, [one])
            return proposal
    return None


async def take(db: asyncpg.Connection, until: datetime) -> list[Waiting]:
    """Remove and return what was proposed before `until`, dated `until`: that is when it is judged."""
    return [
        Waiting(
            one.principal or "", replace(one.envelope, time=until), ProposeChange.model_validate_json(one.body)
        )
        for one in await tick_buffer.take(db, until)
    ]  # fmt: skip
