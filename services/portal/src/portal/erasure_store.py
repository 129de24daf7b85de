"""SQL of erased citizens: their words leave the read side, what happened and the counts stay."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import asyncpg

from portal.erasures import WORDS, Happened, without_words


async def erase(db: asyncpg.Connection, citizen: str, at: datetime) -> set[str]:
    """Remember it, and forget the words that are here; returns the cases in whose histories some were."""
    await db.execute(
        "INSERT INTO erased_citizen (citizen, erased_at) VALUES ($1, $2) ON CONFLICT (citizen)"
        " DO UPDATE SET erased_at = greatest(erased_citizen.erased_at, EXCLUDED.erased_at)",
        citizen, at,
    )  # fmt: skip
    # Bodies are text: they are searched for the pseudonym before any is taken apart.
    rows = await db.fetch("SELECT DISTINCT case_id FROM case_event WHERE strpos(data, $1) > 0", citizen)
    cases = {row["case_id"] for row in rows}
    await redact(db, cases)
    return cases


async def redact(db: asyncpg.Connection, case_ids: Collection[str]) -> None:
    """Empty what erased citizens have said in the histories of these cases, in triage and in their ideas."""
    erased = {r["citizen"]: r["erased_at"] for r in await db.fetch("SELECT citizen, erased_at FROM erased_citizen")}
    if not erased:
        return
    rows = await db.fetch(
        "SELECT arrival, case_id, type, time, data FROM case_event WHERE case_id = ANY($1::text[]) ORDER BY arrival",
        sorted(case_ids),
    )
    history = [Happened(r["arrival"], r["case_id"], r["type"], r["time"], json.loads(r["data"])) for r in rows]
    changed = without_words(history, erased)
    await db.executemany(
        "UPDATE case_event SET data = $2 WHERE arrival = $1",
        [(one.arrival, json.dumps(one.data, ensure_ascii=False)) for one in changed],
    )
    for field in WORDS:
        await db.execute(
            "UPDATE item AS i SET data = jsonb_set(i.data, ARRAY[$1], '\"\"') FROM erased_citizen AS e"
            " WHERE i.kind IN ('triage', 'idea') AND i.data ->> 'citizen' = e.citizen AND i.data ->> $1 <> ''"
            " AND (i.data ->> 'received_at')::timestamptz <= e.erased_at",
            field,
        )
