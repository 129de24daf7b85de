"""SQL of early warnings and of who was told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import asyncpg

from intake.early_warnings import EarlyWarning

KEEP = """
INSERT INTO early_warning (warning_id, region, authority, category, whole_region, reports, told, since)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[], $7::integer[],
    $8::timestamptz[])
ON CONFLICT (warning_id) DO UPDATE SET reports = excluded.reports, told = excluded.told
"""


async def load(db: asyncpg.Connection, warning_ids: Collection[str]) -> dict[str, EarlyWarning]:
    rows = await db.fetch(
        "SELECT warning_id, region, authority, category, whole_region, reports, told, since FROM early_warning"
        " WHERE warning_id = ANY($1::text[]) ORDER BY warning_id FOR UPDATE",
        sorted(warning_ids),
    )
    return {row["warning_id"]: EarlyWarning(**dict(row)) for row in rows}


async def told(db: asyncpg.Connection, warning_ids: Collection[str]) -> list[tuple[str, str]]:
    """Warning and case of those that were told."""
    rows = await db.fetch(
        "SELECT warning_id, case_id FROM told_warning WHERE warning_id = ANY($1::text[]) ORDER BY 1, 2",
        sorted(warning_ids),
    )
    return [(row["warning_id"], row["case_id"]) for row in rows]


async def told_about(db: asyncpg.Connection, case_ids: Collection[str]) -> set[str]:
    """Those of the cases whose citizens were told of a warning that stands."""
    rows = await db.fetch("SELECT DISTINCT case_id FROM told_warning WHERE case_id = ANY($1::text[])", list(case_ids))
    return {row["case_id"] for row in rows}


async def keep(
    db: asyncpg.Connection, changed: Iterable[EarlyWarning], newly_told: Sequence[tuple[str, str]],
    ended: Sequence[str],
) -> None:  # fmt: skip
    ordered = sorted(changed, key=lambda one: one.warning_id)
    if ordered:
        names = EarlyWarning.__dataclass_fields__
        await db.execute(KEEP, *([getattr(one, name) for one in ordered] for name in names))
    standing = [pair for pair in newly_told if pair[0] not in ended]
    if standing:
        await db.execute(
            "INSERT INTO told_warning (warning_id, case_id) SELECT * FROM unnest($1::text[], $2::text[])"
            " ON CONFLICT DO NOTHING",
            *([pair[part] for pair in standing] for part in (0, 1)),
        )
    if ended:
        await db.execute("DELETE FROM early_warning WHERE warning_id = ANY($1::text[])", list(ended))


async def take_back(db: asyncpg.Connection, ahead: datetime) -> list[EarlyWarning]:
    """Forget what was raised later than a time, and who was told of it; returns the warnings."""
    rows = await db.fetch(
        "DELETE FROM early_warning WHERE since > $1"
        " RETURNING warning_id, region, authority, category, whole_region, reports, told, since",
        ahead,
    )
    return sorted((EarlyWarning(**dict(row)) for row in rows), key=lambda one: one.warning_id)


async def later(db: asyncpg.Connection, than: datetime) -> list[str]:
    rows = await db.fetch("SELECT warning_id FROM early_warning WHERE since > $1 ORDER BY 1 FOR UPDATE", than)
    return [row["warning_id"] for row in rows]


async def forget_before(db: asyncpg.Connection, since: datetime) -> None:
    """Warnings that nobody has ended."""
    await db.execute("DELETE FROM early_warning WHERE since < $1", since)
