"""SQL of service requests and of what happened to their cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import asyncpg
from common.contracts.events.region import MessageJoined
from common.contracts.frozen import value
from common.contracts.outside_status import Why

from channels.service_request import ServiceRequest

FIELDS = tuple(ServiceRequest.__dataclass_fields__)
COLUMNS = ", ".join(FIELDS)
TYPES = {"requested_at": "timestamptz", "due_at": "timestamptz", "lat": "float8", "lon": "float8", "contact": "bytea"}
UNNESTED = ", ".join(f"${n}::{TYPES.get(name, 'text')}[]" for n, name in enumerate(FIELDS, 1))
KEPT = ("case_id", "event_id", "message_id", "service", "requested_at", "sender_key", "contact")
"""What never changes."""
CHANGED = ", ".join(f"{name} = EXCLUDED.{name}" for name in FIELDS if name not in KEPT)


@value
class ListedRequest:
    """A report with the state of its case, or of the one that it goes on under."""

    request: ServiceRequest
    reference: str
    state: str | None
    changed_at: datetime | None
    closed_by: Why | None = None


@value
class Step:
    """What happened to a case."""

    event_id: str
    case_id: str
    happened_at: datetime
    kind: str
    """The wire type of the event."""
    state: str
    words: str | None


@value
class ListedStep:
    """A step with the number of its report."""

    step: Step
    reference: str


STEP_FIELDS = tuple(Step.__dataclass_fields__)
LISTED = (
    "SELECT r.*, c.reference, coalesce(p.state, c.state) AS state, coalesce(p.changed_at, c.changed_at) AS changed_at,"
    " CASE WHEN p.state IS NULL THEN c.closed_by ELSE p.closed_by END AS closed_by"
    " FROM service_request AS r JOIN case_state AS c USING (case_id)"
    " LEFT JOIN case_state AS p ON p.case_id = c.into_case"
)


async def save(db: asyncpg.Connection, requests: Iterable[ServiceRequest]) -> None:
    """New and changed ones."""
    await _insert(db, requests, f"(case_id) DO UPDATE SET {CHANGED}")


async def add(db: asyncpg.Connection, requests: Iterable[ServiceRequest]) -> None:
    """Those that are about to be published; what is known of one already stands."""
    await _insert(db, requests, "DO NOTHING")


async def _insert(db: asyncpg.Connection, requests: Iterable[ServiceRequest], on_conflict: str) -> None:
    ordered = sorted(requests, key=attrgetter("case_id"))
    if ordered:
        await db.execute(
            f"INSERT INTO service_request ({COLUMNS}) SELECT * FROM unnest({UNNESTED})"  # noqa: S608 - own names alone
            f" ON CONFLICT {on_conflict}",
            *([getattr(one, name) for one in ordered] for name in FIELDS),
        )


async def of_cases(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, ServiceRequest]:
    """Held until the transaction ends."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM service_request"  # noqa: S608 - own names alone
        " WHERE case_id = ANY($1::text[]) ORDER BY case_id FOR UPDATE",
        sorted(case_ids),
    )
    return {row["case_id"]: ServiceRequest(**dict(row)) for row in rows}


async def add_steps(db: asyncpg.Connection, steps: Sequence[Step]) -> None:
    if steps:
        await db.execute(
            "INSERT INTO case_history (event_id, case_id, happened_at, kind, state, words) SELECT * FROM"
            " unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])"
            " ON CONFLICT DO NOTHING",
            *([getattr(one, name) for one in steps] for name in STEP_FIELDS),
        )


async def forget_erased(db: asyncpg.Connection, citizens: Collection[str]) -> None:
    """Of these citizens those who were erased: the words of their reports until then, and what they were told of
    them."""
    if not citizens:
        return
    await db.execute(
        "UPDATE case_history AS h SET words = NULL FROM service_request AS r JOIN erased_citizen AS e USING (citizen)"
        " WHERE e.citizen = ANY($1::text[]) AND h.case_id = r.case_id AND r.requested_at <= e.erased_at"
        " AND h.words IS NOT NULL",
        sorted(citizens),
    )
    await db.execute(
        "UPDATE service_request AS r SET description = NULL, address = NULL, lat = NULL, lon = NULL,"
        " status_notes = NULL, contact = NULL FROM erased_citizen AS e"
        " WHERE e.citizen = ANY($1::text[]) AND r.citizen = e.citizen AND r.requested_at <= e.erased_at"
        " AND num_nonnulls(r.description, r.address, r.lat, r.lon, r.status_notes, r.contact) > 0",
        sorted(citizens),
    )


async def forget_in(db: asyncpg.Connection, case_ids: Collection[str]) -> None:
    """The same of those of these cases that erased conversations hold."""
    await db.execute(
        "UPDATE case_history AS h SET words = NULL FROM service_request AS r JOIN erased_words AS e"
        " ON e.name = r.case_id AND e.citizen = r.citizen WHERE r.case_id = ANY($1::text[])"
        " AND h.case_id = r.case_id AND r.requested_at <= e.erased_at AND h.words IS NOT NULL",
        sorted(case_ids),
    )
    await db.execute(
        "UPDATE service_request AS r SET description = NULL, address = NULL, lat = NULL, lon = NULL,"
        " status_notes = NULL, contact = NULL FROM erased_words AS e WHERE r.case_id = ANY($1::text[])"
        " AND e.name = r.case_id AND e.citizen = r.citizen AND r.requested_at <= e.erased_at"
        " AND num_nonnulls(r.description, r.address, r.lat, r.lon, r.status_notes, r.contact) > 0",
        sorted(case_ids),
    )


async def named(pool: asyncpg.Pool, references: Collection[str]) -> list[ListedRequest]:
    """By the numbers that their senders were told, newest first; also those that intake has not got yet."""
    rows = await pool.fetch(
        LISTED + " WHERE c.reference = ANY($1::text[]) ORDER BY r.requested_at DESC, r.case_id",
        [reference.upper() for reference in references],
    )
    return [_listed(row) for row in rows]


async def listed(
    pool: asyncpg.Pool, since: datetime, before: datetime, service_codes: Sequence[str] | None,
    ended_states: Collection[str], ended: bool | None, *, skipped: int, most: int,
) -> list[ListedRequest]:  # fmt: skip
    """Those that were made in a time, newest first; `ended` says whether ended cases are asked for or all others, None
    for both."""
    rows = await pool.fetch(
        LISTED + " WHERE r.requested_at >= $1 AND r.requested_at < $2 AND c.state IS NOT NULL"
        " AND ($3::text[] IS NULL OR r.service_code = ANY($3::text[]))"
        " AND ($5::boolean IS NULL OR (coalesce(p.state, c.state) = ANY($4::text[])) = $5::boolean)"
        " ORDER BY r.requested_at DESC, r.case_id LIMIT $6 OFFSET $7",
        since, before, service_codes, list(ended_states), ended, most, skipped,
    )  # fmt: skip
    return [_listed(row) for row in rows]


async def steps(pool: asyncpg.Pool, since: datetime, before: datetime, most: int) -> list[ListedStep]:
    """What happened to the cases of reports in a time, oldest first; not what their senders said."""
    rows = await pool.fetch(
        "SELECT h.*, c.reference FROM case_history AS h JOIN service_request AS r USING (case_id)"
        " JOIN case_state AS c USING (case_id)"
        " WHERE h.happened_at >= $1 AND h.happened_at < $2 AND h.kind <> $3"
        " ORDER BY h.happened_at, h.number LIMIT $4",
        since, before, MessageJoined.type, most,
    )  # fmt: skip
    return [ListedStep(Step(**{name: row[name] for name in STEP_FIELDS}), row["reference"]) for row in rows]


async def reference_of_token(pool: asyncpg.Pool, token: str) -> str | None:
    """The number of the case of a report; None while nothing is known of such a case."""
    found: str | None = await pool.fetchval(
        "SELECT c.reference FROM service_request AS r JOIN case_state AS c USING (case_id)"
        " WHERE r.message_id = $1 AND c.state IS NOT NULL",
        token,
    )
    return found


def _listed(row: asyncpg.Record) -> ListedRequest:
    request = ServiceRequest(**{name: row[name] for name in FIELDS})
    return ListedRequest(request, row["reference"], row["state"], row["changed_at"], row["closed_by"])
