"""The rulebook's own tables: releases, proposals, the chain's head."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
from common.contracts.patch import Patch
from common.rulebook import Release

from rules.chain import Head
from rules.model import Proposal


async def lock_head(db: asyncpg.Connection) -> Head:
    """The chain's last link, locked until the transaction ends: one writer at a time."""
    row = await db.fetchrow("SELECT number, hash FROM chain_head FOR UPDATE")
    if row is None:
        raise RuntimeError("table chain_head is empty; restore its row from rules.lifecycle")
    return Head(row["number"], row["hash"])


async def save_head(db: asyncpg.Connection, head: Head) -> None:
    await db.execute("UPDATE chain_head SET number = $1, hash = $2", head.number, head.hash)


async def heads(db: asyncpg.Connection) -> dict[str, Release]:
    """The newest release of each layer."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (layer) layer, body::text AS body FROM layer_release ORDER BY layer, number DESC"
    )
    return {r["layer"]: Release.model_validate_json(r["body"]) for r in rows}


async def add_releases(db: asyncpg.Connection, releases: Iterable[Release]) -> None:
    held = list(releases)
    await db.execute(
        "INSERT INTO layer_release (layer, number, body)"
        " SELECT l, n, b::jsonb FROM unnest($1::text[], $2::int[], $3::text[]) AS r(l, n, b)",
        [r.layer for r in held],
        [r.number for r in held],
        [r.model_dump_json() for r in held],
    )


async def proposals(db: asyncpg.Connection, ids: Iterable[str]) -> dict[str, Proposal]:
    rows = await db.fetch(
        "SELECT proposal_id, state, author, patch::text AS patch FROM proposal"
        " WHERE proposal_id = ANY($1) ORDER BY proposal_id FOR UPDATE",
        sorted(set(ids)),
    )
    return {
        r["proposal_id"]: Proposal(r["proposal_id"], r["state"], r["author"], Patch.model_validate_json(r["patch"]))
        for r in rows
    }


async def save_proposals(db: asyncpg.Connection, held: Iterable[Proposal]) -> None:
    rows = list(held)
    await db.execute(
        "INSERT INTO proposal (proposal_id, state, author, patch)"
        " SELECT i, s, a, p::jsonb FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS r(i, s, a, p)"
        " ON CONFLICT (proposal_id) DO UPDATE SET state = EXCLUDED.state, patch = EXCLUDED.patch",
        [p.id for p in rows],
        [p.state for p in rows],
        [p.author for p in rows],
        [p.patch.model_dump_json() for p in rows],
    )
