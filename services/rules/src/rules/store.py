"""The rulebook's own tables: releases, proposals, revoked consents, the chain's head."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import asyncpg
from common.rulebook import Release
from pydantic import TypeAdapter

from rules.chain import Head
from rules.model import CLOSED, Proposal

PROPOSAL = TypeAdapter(Proposal)
RELEASES = """
SELECT r.layer, r.body::text AS body FROM layer_release AS r
JOIN (
    SELECT layer, max(number) FILTER (
        WHERE $1::timestamptz IS NULL OR (body ->> 'effective_at')::timestamptz <= $1
    ) AS in_force
    FROM layer_release GROUP BY layer
) AS held USING (layer)
WHERE r.number >= coalesce(held.in_force, 0) ORDER BY r.layer, r.number
"""
PROPOSALS = """
SELECT body::text AS body FROM proposal
WHERE proposal_id = ANY($1) OR state <> ALL($2)
   OR proposal_id IN (SELECT body ->> 'reverses' FROM proposal WHERE state <> ALL($2))
   OR proposal_id IN (SELECT jsonb_array_elements_text(body -> 'took_up') FROM proposal WHERE state <> ALL($2))
ORDER BY proposal_id FOR UPDATE
"""


async def lock_head(db: asyncpg.Connection) -> tuple[Head, date | None]:
    """The chain's last link, locked until the transaction ends: one writer at a time; and the day on which it was last
    published."""
    row = await db.fetchrow("SELECT number, hash, day FROM chain_head FOR UPDATE")
    if row is None:
        raise RuntimeError("table chain_head is empty; restore its row from rules.lifecycle")
    return Head(row["number"], row["hash"]), row["day"]


async def save_head(db: asyncpg.Connection, head: Head, day: date | None) -> None:
    await db.execute("UPDATE chain_head SET number = $1, hash = $2, day = $3", head.number, head.hash, day)


async def releases(db: asyncpg.Connection, now: datetime | None) -> dict[str, tuple[Release, ...]]:
    """Of each layer the release in force and all after it, in order of their numbers; without `now` the newest."""
    found: dict[str, tuple[Release, ...]] = {}
    for row in await db.fetch(RELEASES, now):
        found[row["layer"]] = (*found.get(row["layer"], ()), Release.model_validate_json(row["body"]))
    return found


async def add_releases(db: asyncpg.Connection, held: Iterable[Release]) -> None:
    rows = list(held)
    await db.execute(
        "INSERT INTO layer_release (layer, number, body)"
        " SELECT l, n, b::jsonb FROM unnest($1::text[], $2::int[], $3::text[]) AS r(l, n, b)",
        [r.layer for r in rows],
        [r.number for r in rows],
        [r.model_dump_json() for r in rows],
    )


async def proposals(db: asyncpg.Connection, named: Iterable[str]) -> dict[str, Proposal]:
    """Those that are named, all that are not over, what these take back, and what is tried in them."""
    rows = await db.fetch(PROPOSALS, sorted(set(named)), sorted(CLOSED))
    found = [PROPOSAL.validate_json(row["body"]) for row in rows]
    return {proposal.id: proposal for proposal in found}


async def recent_proposals(db: asyncpg.Connection, since: datetime) -> dict[str, Proposal]:
    """Those that came to their state since then."""
    rows = await db.fetch("SELECT body::text AS body FROM proposal WHERE moved_at >= $1 ORDER BY proposal_id", since)
    found = [PROPOSAL.validate_json(row["body"]) for row in rows]
    return {proposal.id: proposal for proposal in found}


async def save_proposals(db: asyncpg.Connection, held: Iterable[Proposal]) -> None:
    rows = list(held)
    await db.execute(
        "INSERT INTO proposal (proposal_id, state, body, moved_at)"
        " SELECT i, s, b::jsonb, m FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS r(i, s, b, m)"
        " ON CONFLICT (proposal_id)"
        " DO UPDATE SET state = EXCLUDED.state, body = EXCLUDED.body, moved_at = EXCLUDED.moved_at",
        [p.id for p in rows],
        [p.state for p in rows],
        [PROPOSAL.dump_json(p).decode() for p in rows],
        [p.moved_at for p in rows],
    )


async def revoked(db: asyncpg.Connection) -> frozenset[tuple[str, str]]:
    """Standing consents that hold no more: layer and row."""
    return frozenset((r["layer"], r["consent"]) for r in await db.fetch("SELECT layer, consent FROM revoked_consent"))


async def save_revoked(db: asyncpg.Connection, held: Iterable[tuple[str, str]]) -> None:
    await db.executemany(
        "INSERT INTO revoked_consent (layer, consent) VALUES ($1, $2) ON CONFLICT DO NOTHING", sorted(held)
    )
