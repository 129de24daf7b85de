"""SQL of citizens' keys."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from intake.citizen_keys import CitizenKeys, KeptKey

FIELDS = ", ".join(KeptKey.__dataclass_fields__)


async def hold_for(db: asyncpg.Connection, keys: CitizenKeys, citizens: Iterable[str]) -> None:
    """Make ready the keys that these citizens' new records are sealed under, new ones where there are none. Until the
    transaction ends nobody can destroy them."""
    wanted = sorted(set(citizens))
    while wanted:
        rows = await db.fetch(
            f"SELECT {FIELDS} FROM citizen_key WHERE citizen = ANY($1::text[]) AND in_use"  # noqa: S608
            " ORDER BY citizen FOR KEY SHARE",
            wanted,
        )
        keys.hold(KeptKey(**dict(row)) for row in rows)
        found = {row["citizen"] for row in rows}
        wanted = [one for one in wanted if one not in found]
        made = [keys.made(citizen) for citizen in wanted]
        rows = await db.fetch(
            f"INSERT INTO citizen_key ({FIELDS})"  # noqa: S608
            " SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::bytea[]) ON CONFLICT DO NOTHING"
            f" RETURNING {FIELDS}",
            *([getattr(one, name) for one in made] for name in KeptKey.__dataclass_fields__),
        )
        keys.hold(KeptKey(**dict(row)) for row in rows)
        # Another replica may have made one at the same time: it is read in the next round.
        ready = {row["citizen"] for row in rows}
        wanted = [one for one in wanted if one not in ready]


async def hold(db: asyncpg.Connection, keys: CitizenKeys, key_ids: Iterable[str]) -> None:
    """Make ready those of these keys that are citizens' and still there."""
    wanted = sorted(keys.missing(key_ids))
    if wanted:
        rows = await db.fetch(f"SELECT {FIELDS} FROM citizen_key WHERE key_id = ANY($1::text[])", wanted)  # noqa: S608
        keys.hold(KeptKey(**dict(row)) for row in rows)


async def destroy(db: asyncpg.Connection, citizen: str) -> None:
    """Wait for whoever seals under a key of the citizen's, and destroy all of them."""
    await db.execute("DELETE FROM citizen_key WHERE citizen = $1", citizen)
