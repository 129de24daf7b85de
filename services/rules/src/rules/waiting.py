"""What waits for a tick and is taken in order of (time, id): loops and services speak at ticks, several at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.clock import RECORDS_AHEAD
from common.contracts.events.deliberation import StandingConsentRevoked, StandingConsentUsed
from common.contracts.events.rules import (
    AdoptTrial,
    EndTrial,
    PauseTrial,
    ProposeChange,
    ResumeTrial,
    RollBackTrial,
    StepTrial,
    WithdrawProposal,
)
from common.contracts.frozen import value
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, buffered

from rules.deciding import is_author
from rules.model import Fact, Incoming, Proposal
from rules.proposing import new_proposal

FACTS: dict[str, type[Event]] = {kind.type: kind for kind in get_args(Fact)}
TYPES: dict[str, type[Event]] = {
    **FACTS,
    **{
        kind.type: kind
        for kind in (ProposeChange, StepTrial, PauseTrial, ResumeTrial, AdoptTrial, RollBackTrial, EndTrial)
    },
}


@value
class Waiting:
    """What waits, with its envelope; of a command the signature was good."""

    envelope: Envelope
    incoming: Incoming


def proposal_of(event: Event) -> str | None:
    """The proposal that it is about."""
    found: str | None = getattr(event, "proposal_id", None)
    return found


async def keep(db: asyncpg.Connection, delivery: Delivery, principal: str) -> None:
    """Let it wait."""
    about = proposal_of(delivery.event)
    await tick_buffer.keep(db, [buffered(delivery, key=about or delivery.key, principal=principal or None)])


async def take(db: asyncpg.Connection, until: datetime) -> list[Waiting]:
    """Remove and return what was said before `until`, dated `until`: that is when it is judged.

    Revoked consents come first: nothing passes by one that was revoked before.
    """
    found = [_waiting(one, until) for one in await tick_buffer.take(db, until)]
    return sorted(found, key=lambda one: not isinstance(one.incoming.event, StandingConsentRevoked))


async def not_ahead(db: asyncpg.Connection, now: datetime) -> None:
    """The clock was wrong until now: what was said at its ticks is judged at the next right one."""
    await tick_buffer.not_ahead(db, now, now + RECORDS_AHEAD)


async def take_facts(db: asyncpg.Connection, proposal_id: str, now: datetime) -> list[Waiting]:
    """Remove and return what other services have said about a proposal that somebody is about to decide, after the
    revocation of a consent by which it would pass."""
    held = [one for one in await tick_buffer.waiting(db, [proposal_id]) if one.envelope.type in FACTS]
    used = [_waiting(one, now).incoming.event for one in held]
    consents = {event.consent for event in used if isinstance(event, StandingConsentUsed)}
    if consents:
        about_them = await tick_buffer.waiting(db, consents)
        held = [*(one for one in about_them if one.envelope.type == StandingConsentRevoked.type), *held]
    await tick_buffer.drop(db, held)
    return [_waiting(one, now) for one in held]


async def take_roll_backs(db: asyncpg.Connection, proposal_ids: Collection[str], until: datetime) -> list[Waiting]:
    """Remove and return the roll backs that loops have ordered at a tick before it was told here, dated as they are."""
    held = [
        one
        for one in await tick_buffer.waiting(db, proposal_ids)
        if one.envelope.type == RollBackTrial.type and one.envelope.time <= until
    ]
    await tick_buffer.drop(db, held)
    return [_waiting(one, one.envelope.time) for one in held]


async def of_author(db: asyncpg.Connection, event: WithdrawProposal) -> Proposal | None:
    """The proposal that a command names, where it waits and its own author gives the command."""
    for _, made in await _made(db, event):
        return made
    return None


async def drop(db: asyncpg.Connection, event: WithdrawProposal) -> None:
    """The author's proposal waits no more."""
    await tick_buffer.drop(db, [one for one, _ in await _made(db, event)])


async def _made(db: asyncpg.Connection, event: WithdrawProposal) -> Sequence[tuple[Buffered, Proposal]]:
    waiting = await tick_buffer.waiting(db, [event.proposal_id])
    proposing = [one for one in waiting if one.envelope.type == ProposeChange.type]
    made = [(one, new_proposal(ProposeChange.model_validate_json(one.body))) for one in proposing]
    return [(one, proposal) for one, proposal in made if is_author(event.actor, proposal)]


def _waiting(one: Buffered, now: datetime) -> Waiting:
    event = TYPES[one.envelope.type].model_validate_json(one.body)
    return Waiting(replace(one.envelope, time=now), Incoming(one.envelope.id, now, event, one.principal or ""))
