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
from common.messaging.clock.tick_buffer import Buffered, buffered

from rules.model import Incoming, Proposal


@value
class Waiting:
    """A proposal whose signature was good, and its envelope."""

    envelope: Envelope
    incoming: Incoming


async def keep(db: asyncpg.Connection, delivery: Delivery, proposal_id: str, principal: str) -> None:
    """Let a loop's proposal wait."""
    await tick_buffer.keep(db, [buffered(delivery, key=proposal_id, principal=principal)])


async def of_author(db: asyncpg.Connection, event: WithdrawProposal) -> Proposal | None:
    """The proposal that a command names, where it waits and its own author gives the command."""
    for _, made in await _made(db, event):
        return Proposal(made.proposal_id, "checked", made.actor.id, made.patch)
    return None


async def drop(db: asyncpg.Connection, event: WithdrawProposal) -> None:
    """The author's proposal waits no more."""
    await tick_buffer.drop(db, [one for one, _ in await _made(db, event)])


async def _made(db: asyncpg.Connection, event: WithdrawProposal) -> list[tuple[Buffered, ProposeChange]]:
    found = [(o, ProposeChange.model_validate_json(o.body)) for o in await tick_buffer.waiting(db, [event.proposal_id])]
    return [(one, made) for one, made in found if made.actor.id == event.actor.id]


async def take(db: asyncpg.Connection, until: datetime) -> list[Waiting]:
    """Remove and return what was proposed before `until`, dated `until`: that is when it is judged."""
    found = []
    for one in await tick_buffer.take(db, until):
        event = ProposeChange.model_validate_json(one.body)
        incoming = Incoming(one.envelope.id, until, event, one.principal or "")
        found.append(Waiting(replace(one.envelope, time=until), incoming))
    return found
