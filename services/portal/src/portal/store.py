"""SQL that keeps the read side up to date; what pages ask stands in `queries`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter

import asyncpg
from common.contracts.delivery import Delivery
from common.messaging.postgres import copy_in, lock_names

from portal.case_fold import CaseView
from portal.item_fold import Item
from portal.withdrawals import Told

CASE_FIELDS = tuple(CaseView.__dataclass_fields__)
view_values = attrgetter(*CASE_FIELDS)
TOLD_ON_MANY_TOPICS = ("proposal", "idea")
"""Kinds of items of which two replicas may hear at a time."""
COUNTED = ("triage", "dead_letter", *TOLD_ON_MANY_TOPICS)
"""Kinds of items that are counted by state as they change. Whoever changes one holds its case, or its partition alone
has it, or its name is locked: else two replicas might both count a new one."""
HELD_ITEMS = """
SELECT * FROM item WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY kind, id FOR UPDATE
"""

SAVE_CASES = """
INSERT INTO case_view (case_id, reference, state, changed_at, region, area, category, authority, first_authority,
                       priority, channel, received_at, due_at, overdue, level, transfers, reopened, rating)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::integer[], $11::text[], $12::timestamptz[], $13::timestamptz[],
                     $14::boolean[], $15::integer[], $16::integer[], $17::integer[], $18::integer[])
ON CONFLICT (case_id) DO UPDATE SET
    reference = excluded.reference, state = excluded.state, changed_at = excluded.changed_at,
    region = excluded.region, area = excluded.area, category = excluded.category, authority = excluded.authority,
    first_authority = excluded.first_authority, priority = excluded.priority, channel = excluded.channel,
    received_at = excluded.received_at, due_at = excluded.due_at, overdue = excluded.overdue,
    level = excluded.level, transfers = excluded.transfers, reopened = excluded.reopened, rating = excluded.rating
"""


async def load_cases(db: asyncpg.Connection, case_ids: Sequence[str]) -> dict[str, CaseView]:
    """The views that exist, locked in the order of their ids until the transaction ends; so are ids of new ones."""
    held = "SELECT * FROM case_view WHERE case_id IN (SELECT unnest($1::text[])) ORDER BY case_id FOR UPDATE"
    rows = await db.fetch(held, list(case_ids))
    known = {row["case_id"] for row in rows}
    new = [case_id for case_id in case_ids if case_id not in known]
    if new:
        await lock_names(db, new)
        rows += await db.fetch(held, new)
    return {row["case_id"]: CaseView(**dict(row)) for row in rows}


async def save_cases(db: asyncpg.Connection, views: Iterable[CaseView]) -> None:
    """Insert or replace, all in one statement."""
    rows = [view_values(v) for v in views]
    if not rows:
        return
    await db.execute(SAVE_CASES, *(list(column) for column in zip(*rows, strict=True)))


async def append_events(db: asyncpg.Connection, deliveries: Sequence[tuple[str, Delivery]]) -> None:
    """Add to the cases' histories."""
    await copy_in(db,
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
        " ON CONFLICT (type, day, region) DO UPDATE SET count = c.count + EXCLUDED.count",
        [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys], [counts[k] for k in keys],
    )  # fmt: skip


async def move_tallies(db: asyncpg.Connection, moves: dict[tuple[str, str], tuple[int, ...]]) -> None:
    """Move the counters of areas, in key order; `moves` holds tally.MEASURES."""
    if not moves:
        return
    keys = sorted(moves)
    await db.execute(
        "INSERT INTO area_tally AS t SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[],"
        " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
        " $12::bigint[]) ON CONFLICT (region, area) DO UPDATE SET cases = t.cases + EXCLUDED.cases,"
        " open = t.open + EXCLUDED.open, answered = t.answered + EXCLUDED.answered,"
        " overdue = t.overdue + EXCLUDED.overdue, transferred = t.transferred + EXCLUDED.transferred,"
        " reopened = t.reopened + EXCLUDED.reopened, escalated = t.escalated + EXCLUDED.escalated,"
        " triage = t.triage + EXCLUDED.triage, rated = t.rated + EXCLUDED.rated, stars = t.stars + EXCLUDED.stars",
        [k[0] for k in keys],
        [k[1] for k in keys],
        *([moves[k][i] for k in keys] for i in range(10)),
    )


async def load_items(db: asyncpg.Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """The items that exist, locked in order until the transaction ends; so are names of new ones that others may hear
    of at the same time."""
    rows = await db.fetch(HELD_ITEMS, [k for k, _ in keys], [i for _, i in keys])
    known = {(r["kind"], r["id"]) for r in rows}
    new = [key for key in keys if key[0] in TOLD_ON_MANY_TOPICS and key not in known]
    if new:
        await lock_names(db, [f"{kind} {name}" for kind, name in new])
        rows += await db.fetch(HELD_ITEMS, [k for k, _ in new], [i for _, i in new])
    return {(r["kind"], r["id"]): item_of(r) for r in rows}


def item_of(row: asyncpg.Record) -> Item:
    return Item(row["kind"], row["id"], row["state"], row["time"], json.loads(row["data"]))


async def save_items(db: asyncpg.Connection, items: Iterable[Item]) -> None:
    await db.executemany(
        "INSERT INTO item (kind, id, state, time, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, id)"
        " DO UPDATE SET state = EXCLUDED.state, time = EXCLUDED.time, data = EXCLUDED.data",
        [(i.kind, i.id, i.state, i.time, json.dumps(i.data)) for i in items],
    )


async def count_items(db: asyncpg.Connection, moves: Mapping[tuple[str, str], int]) -> None:
    """Move the counters of kinds and states, in one order for everybody."""
    keys = sorted(key for key, moved in moves.items() if moved)
    if keys:
        await db.execute(
            "INSERT INTO item_count AS c (kind, state, items)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])"
            " ON CONFLICT (kind, state) DO UPDATE SET items = c.items + EXCLUDED.items",
            [kind for kind, _ in keys], [state for _, state in keys], [moves[key] for key in keys],
        )  # fmt: skip


async def add_links(db: asyncpg.Connection, links: Sequence[tuple[int, str, str | None, datetime, str, str]]) -> None:
    await db.executemany(
        "INSERT INTO chain_link (number, step, proposal_id, at, hash, previous) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        links,
    )


async def revocable(db: asyncpg.Connection, case_ids: Sequence[str], types: Sequence[str]) -> list[Told]:
    """The events of these types in the cases' histories that are not taken back, as they came."""
    rows = await db.fetch(
        "SELECT arrival, case_id, id, type, time, data FROM case_event"
        " WHERE case_id = ANY($1::text[]) AND type = ANY($2::text[]) AND taken_back_at IS NULL ORDER BY arrival",
        list(case_ids), list(types),
    )  # fmt: skip
    return [Told(r["arrival"], r["case_id"], r["id"], r["type"], r["time"], json.loads(r["data"])) for r in rows]


async def take_back(db: asyncpg.Connection, gone: dict[int, datetime]) -> None:
    """Mark events of histories, by arrival, with the time at which they were taken back."""
    await db.execute(
        "UPDATE case_event AS e SET taken_back_at = g.at FROM unnest($1::bigint[], $2::timestamptz[]) AS g(arrival, at)"
        " WHERE e.arrival = g.arrival",
        list(gone), list(gone.values()),
    )  # fmt: skip


async def correct_clock(db: asyncpg.Connection, until: datetime) -> None:
    """The clock goes back: ticks after `until` were wrong."""
    await db.execute("UPDATE clock SET until = LEAST(until, $1)", until)


async def withdraw_warnings(db: asyncpg.Connection, ahead: datetime) -> None:
    """Early warnings that were raised after `ahead` were raised while the clock was wrong, and the loop knows them no
    more."""
    await db.execute("UPDATE item SET state = 'withdrawn' WHERE kind = 'warning' AND time > $1", ahead)


async def set_clock(db: asyncpg.Connection, until: datetime) -> None:
    await db.execute(
        "INSERT INTO clock (until) VALUES ($1) ON CONFLICT (one)"
        " DO UPDATE SET until = GREATEST(clock.until, EXCLUDED.until)",
        until,
    )
