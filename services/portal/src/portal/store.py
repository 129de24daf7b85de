"""SQL of the read side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
import orjson
from common.delivery import Delivery

from portal.views import CaseView, Item

CASE_COLUMNS = (
    "case_id, reference, state, changed_at, region, area, category, authority, first_authority, priority, channel,"
    " received_at, due_at, overdue, level, transfers, reopened, rating"
)
CASE_FIELDS = tuple(CaseView.__dataclass_fields__)


async def load_cases(db: asyncpg.Connection, case_ids: Sequence[str]) -> dict[str, CaseView]:
    rows = await db.fetch("SELECT * FROM case_view WHERE case_id = ANY($1::text[])", list(case_ids))
    return {row["case_id"]: CaseView(**dict(row)) for row in rows}


async def save_cases(db: asyncpg.Connection, views: Iterable[CaseView]) -> None:
    rows = orjson.dumps([{name: getattr(v, name) for name in CASE_FIELDS} for v in views]).decode()
    await db.execute(
        "INSERT INTO case_view SELECT * FROM jsonb_populate_recordset(NULL::case_view, $1::jsonb)"
        " ON CONFLICT (case_id) DO UPDATE SET reference = EXCLUDED.reference, state = EXCLUDED.state,"
        " changed_at = EXCLUDED.changed_at, region = EXCLUDED.region, area = EXCLUDED.area,"
        " category = EXCLUDED.category, authority = EXCLUDED.authority, first_authority = EXCLUDED.first_authority,"
        " priority = EXCLUDED.priority, channel = EXCLUDED.channel, received_at = EXCLUDED.received_at,"
        " due_at = EXCLUDED.due_at, overdue = EXCLUDED.overdue, level = EXCLUDED.level,"
        " transfers = EXCLUDED.transfers, reopened = EXCLUDED.reopened, rating = EXCLUDED.rating",
        rows,
    )


async def append_events(db: asyncpg.Connection, deliveries: Sequence[tuple[str, Delivery]]) -> None:
    """Add to the cases' histories."""
    await db.copy_records_to_table(
        "case_event",
        columns=[
            "case_id", "id", "source", "type", "time", "causation_id", "correlation_id", "traceparent", "topic",
            "partition", "offset", "appended_at", "data",
        ],
        records=[
            (
                case_id, d.envelope.id, d.envelope.source, d.envelope.type, d.envelope.time, d.envelope.causation_id,
                d.envelope.correlation_id, d.envelope.traceparent, d.topic, d.partition, d.offset, d.appended_at,
                d.raw.decode(),
            )
            for case_id, d in deliveries
        ],
    )  # fmt: skip


async def count_days(db: asyncpg.Connection, counts: dict[tuple[date, str, str], int]) -> None:
    keys = sorted(counts)
    await db.execute(
        "INSERT INTO day_count AS c (day, region, type, count)"
        " SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::bigint[])"
        " ON CONFLICT (day, region, type) DO UPDATE SET count = c.count + EXCLUDED.count",
        [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys], [counts[k] for k in keys],
    )  # fmt: skip


async def load_items(db: asyncpg.Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    rows = await db.fetch(
        "SELECT * FROM item WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
        [k for k, _ in keys],
        [i for _, i in keys],
    )
    return {(r["kind"], r["id"]): _item(r) for r in rows}


def _item(row: asyncpg.Record) -> Item:
    return Item(row["kind"], row["id"], row["state"], row["time"], json.loads(row["data"]))


async def save_items(db: asyncpg.Connection, items: Iterable[Item]) -> None:
    await db.executemany(
        "INSERT INTO item (kind, id, state, time, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, id)"
        " DO UPDATE SET state = EXCLUDED.state, time = EXCLUDED.time, data = EXCLUDED.data",
        [(i.kind, i.id, i.state, i.time, json.dumps(i.data)) for i in items],
    )


async def add_links(db: asyncpg.Connection, links: Sequence[tuple[int, str, str | None, datetime, str]]) -> None:
    await db.executemany(
        "INSERT INTO chain_link (number, step, proposal_id, at, hash) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        links,
    )


async def set_clock(db: asyncpg.Connection, until: datetime) -> None:
    await db.execute(
        "INSERT INTO clock (until) VALUES ($1) ON CONFLICT (one)"
        " DO UPDATE SET until = GREATEST(clock.until, EXCLUDED.until)",
        until,
    )


class Reader:
    """What the pages ask."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def clock(self) -> datetime | None:
        found: datetime | None = await self._pool.fetchval("SELECT until FROM clock")
        return found

    async def totals(self) -> dict[str, Any]:
        row = await self._pool.fetchrow(
            "SELECT count(*) AS cases, count(*) FILTER (WHERE state NOT IN ('confirmed', 'answered', 'joined',"
            " 'declined', 'withdrawn')) AS open, count(*) FILTER (WHERE overdue) AS overdue,"
            " count(*) FILTER (WHERE state = 'triage') AS triage,"
            " count(*) FILTER (WHERE state IN ('answered', 'confirmed')) AS answered,"
            " count(*) FILTER (WHERE transfers > 0) AS transferred FROM case_view"
        )
        return dict(row) if row else {}

    async def regions(self) -> list[dict[str, Any]]:
        rows = await self._pool.fetch(
            "SELECT region, count(*) AS cases, count(*) FILTER (WHERE state NOT IN ('confirmed', 'answered', 'joined',"
            " 'declined', 'withdrawn', 'handed_over')) AS open, count(*) FILTER (WHERE overdue) AS overdue,"
            " count(*) FILTER (WHERE transfers > 0) AS transferred, count(*) FILTER (WHERE reopened > 0) AS reopened,"
            " count(*) FILTER (WHERE level > 0) AS escalated, avg(rating)::float AS rating,"
            " count(rating) AS rated FROM case_view WHERE region IS NOT NULL GROUP BY region ORDER BY region"
        )
        return [dict(r) for r in rows]

    async def areas(self) -> dict[str, dict[str, int]]:
        rows = await self._pool.fetch(
            "SELECT area, count(*) AS cases, count(*) FILTER (WHERE transfers > 0) AS transferred"
            " FROM case_view WHERE area IS NOT NULL GROUP BY area"
        )
        return {r["area"]: {"cases": r["cases"], "transferred": r["transferred"]} for r in rows}

    async def days(self, types: Sequence[str], limit: int = 200) -> list[dict[str, Any]]:
        rows = await self._pool.fetch(
            "SELECT day, type, sum(count)::bigint AS count FROM day_count WHERE type = ANY($1::text[])"
            " GROUP BY day, type ORDER BY day DESC LIMIT $2",
            list(types),
            limit * max(1, len(types)),
        )
        return [dict(r) for r in reversed(rows)]

    async def recent(self, limit: int) -> list[dict[str, Any]]:
        rows = await self._pool.fetch(
            "SELECT e.case_id, e.type, e.time, e.data->>'authority' AS authority, v.reference, v.region, v.category"
            " FROM (SELECT * FROM case_event ORDER BY arrival DESC LIMIT $1) AS e"
            " LEFT JOIN case_view AS v USING (case_id) ORDER BY e.arrival DESC",
            limit,
        )
        return [dict(r) for r in rows]

    async def cases(
        self, region: str | None, state: str | None, overdue: bool, limit: int, before: datetime | None
    ) -> list[CaseView]:
        rows = await self._pool.fetch(
            "SELECT * FROM case_view WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR state = $2)"
            " AND (NOT $3 OR overdue) AND ($5::timestamptz IS NULL OR changed_at < $5)"
            " ORDER BY changed_at DESC LIMIT $4",
            region, state, overdue, limit, before,
        )  # fmt: skip
        return [CaseView(**dict(r)) for r in rows]

    async def case(self, name: str) -> CaseView | None:
        row = await self._pool.fetchrow("SELECT * FROM case_view WHERE case_id = $1 OR reference = upper($1)", name)
        return CaseView(**dict(row)) if row else None

    async def history(self, case_id: str) -> list[dict[str, Any]]:
        rows = await self._pool.fetch(
            "SELECT * FROM case_event WHERE case_id = $1 ORDER BY time, appended_at, arrival", case_id
        )
        return [{**dict(r), "data": json.loads(r["data"])} for r in rows]

    async def items(self, kind: str, state: str | None = None, limit: int = 200) -> list[Item]:
        rows = await self._pool.fetch(
            "SELECT * FROM item WHERE kind = $1 AND ($2::text IS NULL OR state = $2) ORDER BY time DESC LIMIT $3",
            kind, state, limit,
        )  # fmt: skip
        return [_item(r) for r in rows]

    async def item(self, kind: str, item_id: str) -> Item | None:
        row = await self._pool.fetchrow("SELECT * FROM item WHERE kind = $1 AND id = $2", kind, item_id)
        return _item(row) if row else None

    async def links(self, limit: int = 20) -> list[dict[str, Any]]:
        rows = await self._pool.fetch("SELECT * FROM chain_link ORDER BY number DESC LIMIT $1", limit)
        return [dict(r) for r in rows]
