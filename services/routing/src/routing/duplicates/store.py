"""Known cases in PostgreSQL: those that facts name and those near new ones in, what changed out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import asyncpg

from routing.duplicates.model import KnownCase
from routing.duplicates.nearby import LOOKED_AT, degrees_around

COLUMNS = tuple(name for name in KnownCase.__dataclass_fields__ if name != "siblings")

LOAD = """
SELECT * FROM known_case WHERE case_id IN (
    SELECT near.case_id FROM
        unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::timestamptz[],
               $8::timestamptz[]) AS new(region, category, south, north, west, east, since, until)
    CROSS JOIN LATERAL (
        SELECT c.case_id FROM known_case AS c
        WHERE c.region = new.region AND c.category = new.category AND c.lat BETWEEN new.south AND new.north
            AND (c.lon BETWEEN new.west AND new.east OR c.lon - 360 BETWEEN new.west AND new.east
                OR c.lon + 360 BETWEEN new.west AND new.east)
            AND c.at BETWEEN new.since AND new.until
        ORDER BY c.at DESC, c.case_id LIMIT $10
    ) AS near
) OR case_id = ANY($9::text[]) OR into_case = ANY($9::text[])
ORDER BY case_id FOR UPDATE
"""

ROOTS = "SELECT * FROM known_case WHERE case_id = ANY($1::text[])"
NAMED_ONES = "SELECT * FROM known_case WHERE case_id = ANY($1::text[]) ORDER BY case_id FOR UPDATE"

SAVE = """
INSERT INTO known_case (
    case_id, region, category, citizen, lat, lon, at, correlation_id, words, into_case, suggested, distance_metres,
    apart_minutes, warning, decided
)
SELECT case_id, region, category, citizen, lat, lon, at, correlation_id,
    coalesce(string_to_array(nullif(words, ''), ' ')::bigint[], '{}'), into_case, suggested, distance_metres,
    apart_minutes, warning, decided
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::timestamptz[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::integer[], $13::integer[], $14::text[],
    $15::boolean[])
    AS given(case_id, region, category, citizen, lat, lon, at, correlation_id, words, into_case, suggested,
        distance_metres, apart_minutes, warning, decided)
ON CONFLICT (case_id) DO UPDATE SET
    region = excluded.region, into_case = excluded.into_case, suggested = excluded.suggested,
    distance_metres = excluded.distance_metres, apart_minutes = excluded.apart_minutes, warning = excluded.warning,
    decided = excluded.decided
"""

FORGET_ERASED = """
UPDATE known_case AS k SET words = '{}' FROM erased_citizen AS e
WHERE k.case_id = ANY($1::text[]) AND e.citizen = k.citizen AND k.at <= e.erased_at
"""

FORGET_IN_ERASED = """
UPDATE known_case AS k SET words = '{}' FROM erased_words AS e
WHERE k.case_id = ANY($1::text[]) AND e.name = k.case_id AND e.citizen = k.citizen AND k.at <= e.erased_at
"""


async def search_alone(db: asyncpg.Connection) -> None:
    """Until the transaction ends no other replica searches: two would not see each other's new cases."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('otklik.duplicates'))")


async def search_is_free(db: asyncpg.Connection) -> bool:
    """Whether no replica searches now; it is then this one's turn until the transaction ends."""
    free: bool = await db.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('otklik.duplicates'))")
    return free


async def near(
    db: asyncpg.Connection, new: Sequence[tuple[KnownCase, float, timedelta]], named: Collection[str]
) -> dict[str, KnownCase]:
    """The cases within radius and window of new ones, those that are named, those that went on under one of these, and
    the ones that all of them go on under."""
    boxes = [(case, *degrees_around(case.lat, radius), window) for case, radius, window in new]
    rows = await db.fetch(
        LOAD, [c.region for c, *_ in boxes], [c.category for c, *_ in boxes],
        [c.lat - tall for c, tall, _, _ in boxes], [c.lat + tall for c, tall, _, _ in boxes],
        [c.lon - wide for c, _, wide, _ in boxes], [c.lon + wide for c, _, wide, _ in boxes],
        [c.at - window for c, _, _, window in boxes], [c.at + window for c, _, _, window in boxes], list(named),
        LOOKED_AT,
    )  # fmt: skip
    found = {row["case_id"]: _case(row) for row in rows}
    roots = {one.into_case for one in found.values() if one.into_case is not None} - found.keys()
    if roots:
        found |= {row["case_id"]: _case(row) for row in await db.fetch(ROOTS, sorted(roots))}
    return found


async def load(db: asyncpg.Connection, case_ids: Collection[str]) -> dict[str, KnownCase]:
    """The known ones among these, locked in the order of their ids."""
    rows = await db.fetch(NAMED_ONES, list(case_ids))
    return {row["case_id"]: _case(row) for row in rows}


async def save(db: asyncpg.Connection, changed: Iterable[KnownCase], forgotten: Collection[str] = ()) -> None:
    """Words of citizens who were erased meanwhile are not kept."""
    cases = list(changed)
    if cases:
        columns = [[getattr(case, name) for case in cases] for name in COLUMNS]
        columns[COLUMNS.index("words")] = [" ".join(map(str, case.words)) for case in cases]
        await db.execute(SAVE, *columns)
        await db.execute(FORGET_ERASED, [case.case_id for case in cases])
        await forget_words_in(db, [case.case_id for case in cases])
    if forgotten:
        await db.execute("DELETE FROM known_case WHERE case_id = ANY($1::text[])", list(forgotten))


async def forget_before(db: asyncpg.Connection, before: datetime) -> None:
    """What is too old for any window."""
    await db.execute("DELETE FROM known_case WHERE at < $1", before)


async def forget_words(db: asyncpg.Connection, citizen: str, until: datetime) -> None:
    await db.execute("UPDATE known_case SET words = '{}' WHERE citizen = $1 AND at <= $2", citizen, until)


async def forget_words_in(db: asyncpg.Connection, case_ids: Sequence[str]) -> None:
    """Of those of these cases that erased conversations are about."""
    await db.execute(FORGET_IN_ERASED, list(case_ids))


def _case(row: asyncpg.Record) -> KnownCase:
    return KnownCase(**{**dict(row), "words": tuple(row["words"])})
