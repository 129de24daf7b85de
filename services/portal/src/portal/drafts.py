"""What people typed, kept for a day: until an order's outcome is known, and while somebody signs in again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
from common.messaging.postgres import delete_in_steps

from portal.entered import Entered

FORM = "form"
"""The field that says which form of the page it is."""


class Drafts:
    """Each belongs to one person, and nobody else is shown it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep(self, name: str, person: str, fields: Mapping[str, str]) -> None:
        """Under an order's id, or a random name; the first word holds."""
        await self._pool.execute(
            "INSERT INTO draft (id, person, fields) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            name, person, json.dumps(dict(fields)),
        )  # fmt: skip

    async def of(self, name: str, person: str) -> Entered | None:
        """What this person kept under a name; None when there is nothing any more."""
        found = await self._pool.fetchval("SELECT fields FROM draft WHERE id = $1 AND person = $2", name, person)
        if found is None:
            return None
        fields: dict[str, str] = json.loads(found)
        return Entered(fields.pop(FORM, ""), fields)

    async def forget(self, age: timedelta) -> None:
        await delete_in_steps(
            self._pool,
            "DELETE FROM draft WHERE ctid IN (SELECT ctid FROM draft WHERE kept_at < now() - $1::interval LIMIT $2)",
            age,
        )
