"""SQL of the changes of rules that people gather: one draft a person, layer and table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
from common.contracts.patch import RowChange
from common.messaging.postgres import delete_in_steps


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """What is kept: changes, what was typed about them, and the proposal that they were sent as."""

    changes: tuple[RowChange, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    sent: str | None = None


class RowDrafts:
    """Each belongs to one person, and nobody else is shown it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, person: str, layer: str, table: str) -> KeptDraft:
        row = await self._pool.fetchrow(
            "SELECT changes, said, sent FROM rule_draft WHERE person = $1 AND layer = $2 AND rule_table = $3",
            person, layer, table,
        )  # fmt: skip
        if row is None:
            return KeptDraft()
        changes = tuple(RowChange.model_validate(change) for change in json.loads(row["changes"]))
        return KeptDraft(changes, json.loads(row["said"]), row["sent"])

    async def keep(
        self, person: str, layer: str, table: str, changes: Sequence[RowChange], said: Mapping[str, str]
    ) -> None:
        """Instead of what was kept before."""
        await self._pool.execute(
            "INSERT INTO rule_draft (person, layer, rule_table, changes, said) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (person, layer, rule_table) DO UPDATE SET changes = excluded.changes, said = excluded.said,"
            " sent = NULL, kept_at = now()",
            person, layer, table, json.dumps([c.model_dump() for c in changes]), json.dumps(dict(said)),
        )  # fmt: skip

    async def mark_sent(self, person: str, layer: str, table: str, proposal: str) -> None:
        await self._pool.execute(
            "UPDATE rule_draft SET sent = $4 WHERE person = $1 AND layer = $2 AND rule_table = $3",
            person, layer, table, proposal,
        )  # fmt: skip

    async def discard(self, person: str, layer: str, table: str) -> None:
        await self._pool.execute(
            "DELETE FROM rule_draft WHERE person = $1 AND layer = $2 AND rule_table = $3", person, layer, table
        )

    async def forget(self, age: timedelta) -> None:
        await delete_in_steps(
            self._pool,
            "DELETE FROM rule_draft WHERE ctid IN"
            " (SELECT ctid FROM rule_draft WHERE kept_at < now() - $1::interval LIMIT $2)",
            age,
        )
