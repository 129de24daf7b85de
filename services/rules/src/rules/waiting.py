"""Proposals of loops wait for a tick and are taken in order of (time, id): loops speak at ticks, several at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.rules import ProposeChange, WithdrawProposal


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal whose signature was good: `principal` signed it."""

    principal: str
    envelope: Envelope
    event: ProposeChange


async def keep(db: asyncpg.Connection, delivery: Delivery, principal: str) -> None:
    """Let a loop's proposal wait."""
    e = delivery.envelope
    await db.execute(
        "INSERT INTO waiting_proposal (id, at, principal, source, subject, correlation_id, traceparent, body)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        e.id, e.time, principal, e.source, e.subject, e.correlation_id, e.traceparent,
        delivery.event.model_dump_json(),
    )  # fmt: skip


async def drop(db: asyncpg.Connection, event: WithdrawProposal) -> ProposeChange | None:
    """Remove and return a proposal that still waits, when its own author withdraws it."""
    found = await db.fetchval(
        "DELETE FROM waiting_proposal WHERE id IN (SELECT id FROM waiting_proposal WHERE subject = $1)"
        " AND body::jsonb #>> '{actor,id}' = $2 RETURNING body",
        event.proposal_id, event.actor.id,
    )  # fmt: skip
    return None if found is None else ProposeChange.model_validate_json(found)


async def take(db: asyncpg.Connection, until: datetime) -> list[Waiting]:
    """Remove and return what was proposed before `until`, dated `until`: that is when it is judged.

    What a loop says at this very tick waits for the next: it may come before or after the tick itself.
    """
    rows = await db.fetch(
        "DELETE FROM waiting_proposal WHERE at < $1"
        " RETURNING id, at, principal, source, subject, correlation_id, traceparent, body",
        until,
    )
    found = []
    for row in sorted(rows, key=lambda r: (r["at"], r["id"])):
        envelope = Envelope(
            row["id"], row["source"], ProposeChange.type, row["at"], row["subject"], row["correlation_id"],
            traceparent=row["traceparent"],
        )  # fmt: skip
        event = ProposeChange.model_validate_json(row["body"])
        found.append(Waiting(row["principal"], replace(envelope, time=until), event))
    return found
