"""SQL of erased citizens: their words leave the read side, what happened and the counts stay."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.messaging import erased_citizens
from common.messaging.erased_citizens import Erased

from portal.erasures import WORDS, Happened, without_words


async def note_citizens(db: asyncpg.Connection, named: Collection[tuple[str, str]]) -> None:
    """Whom these cases' histories name: case and citizen."""
    if named:
        ordered = sorted(named)
        await db.execute(
            "INSERT INTO case_citizen (case_id, citizen) SELECT * FROM unnest($1::text[], $2::text[])"
            " ON CONFLICT DO NOTHING",
            [case_id for case_id, _ in ordered], [citizen for _, citizen in ordered],
        )  # fmt: skip


async def of_erased(db: asyncpg.Connection, told: Mapping[str, datetime]) -> set[str]:
    """Those of these cases in which a citizen, or a conversation of one, was erased at the time given for the case, or
    later."""
    if not told:
        return set()
    rows = await db.fetch(
        "SELECT DISTINCT c.case_id FROM unnest($1::text[], $2::timestamptz[]) AS t(case_id, time)"
        " JOIN case_citizen AS c USING (case_id) JOIN erased_citizen AS e USING (citizen) WHERE e.erased_at >= t.time"
        " UNION SELECT c.case_id FROM unnest($1::text[], $2::timestamptz[]) AS t(case_id, time)"
        " JOIN case_citizen AS c USING (case_id) JOIN erased_words AS w USING (citizen) WHERE w.erased_at >= t.time",
        list(told), list(told.values()),
    )  # fmt: skip
    return {row["case_id"] for row in rows}


async def erase(db: asyncpg.Connection, erased: Sequence[CitizenErased]) -> set[str]:
    """Remember them, and forget their words in triage and their ideas; returns the cases whose histories name them."""
    await erased_citizens.remember(db, erased)
    citizens = sorted({one.citizen for one in erased})
    for field in WORDS:
        await db.execute(
            "UPDATE item AS i SET data = jsonb_set(i.data, ARRAY[$1], '\"\"') FROM erased_citizen AS e"
            " WHERE e.citizen = ANY($2::text[]) AND i.data ->> 'citizen' = e.citizen AND i.kind IN ('triage', 'idea')"
            " AND i.data ->> $1 <> '' AND (i.data ->> 'received_at')::timestamptz <= e.erased_at",
            field, citizens,
        )  # fmt: skip
    rows = await db.fetch("SELECT DISTINCT case_id FROM case_citizen WHERE citizen = ANY($1::text[])", citizens)
    return {row["case_id"] for row in rows}


async def erase_conversations(db: asyncpg.Connection, erased: Sequence[ConversationErased]) -> set[str]:
    """The same of conversations that were erased by themselves; the cases are all in which its citizen is named."""
    await erased_citizens.remember_conversations(db, erased)
    names = sorted({name for one in erased for name in erased_citizens.names_of(one)})
    for field in WORDS:
        await db.execute(
            "UPDATE item AS i SET data = jsonb_set(i.data, ARRAY[$1], '\"\"') FROM erased_words AS w"
            " WHERE w.name = ANY($2::text[]) AND i.id = w.name AND i.kind IN ('triage', 'idea')"
            " AND i.data ->> 'citizen' = w.citizen"
            " AND i.data ->> $1 <> '' AND (i.data ->> 'received_at')::timestamptz <= w.erased_at",
            field, names,
        )  # fmt: skip
    rows = await db.fetch(
        "SELECT DISTINCT case_id FROM case_citizen WHERE citizen = ANY($1::text[])",
        sorted({one.citizen for one in erased}),
    )
    return {row["case_id"] for row in rows}


async def redact(db: asyncpg.Connection, case_ids: Collection[str]) -> None:
    """Empty what erased citizens have said in the histories of these cases."""
    rows = await db.fetch(
        "SELECT DISTINCT e.citizen, e.erased_at FROM case_citizen AS c JOIN erased_citizen AS e USING (citizen)"
        " WHERE c.case_id = ANY($1::text[])",
        sorted(case_ids),
    )
    citizens = {row["citizen"]: row["erased_at"] for row in rows}
    rows = await db.fetch(
        "SELECT DISTINCT w.name, w.citizen, w.erased_at FROM case_citizen AS c JOIN erased_words AS w USING (citizen)"
        " WHERE c.case_id = ANY($1::text[])",
        sorted(case_ids),
    )
    erased = Erased(citizens, {(row["name"], row["citizen"]): row["erased_at"] for row in rows})
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
