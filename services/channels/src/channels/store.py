"""SQL of channels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

import asyncpg
from common.contracts.frozen import value
from common.contracts.outside_status import Why, outside_status
from common.messaging.postgres import delete_in_steps

from channels.case_state import CaseState


@value
class Claim:
    """A conversation that a post would begin."""

    fingerprint: bytes
    """Of the conversation's secret."""
    opening: str
    """The id of the post's event."""


@value
class PostedMessage:
    """A message that came over HTTP."""

    id: str
    fingerprint: bytes | None
    """Of the secret that may ask for its state; None where a form proves no sender."""
    case_id: str | None
    """Of the case that it opens where it is the first of its conversation; None for a verdict or a voice."""


@value
class Outcome:
    """What became of a message."""

    message_id: str
    state: str
    case_id: str | None
    reason: str | None = None
    proposal: str | None = None
    """The reference of the proposal that it was a voice on."""
    until: datetime | None = None
    """Of a refused one whose conversation has said enough for a day: when that is over."""
    call: str | None = None
    """And the number to call in an emergency."""


CASE_FIELDS = tuple(CaseState.__dataclass_fields__)


async def claim_conversations(db: asyncpg.Connection, claims: Sequence[Claim]) -> dict[bytes, str]:
    """Claim conversations that no post began; returns by fingerprint which post did."""
    if not claims:
        return {}
    ordered = sorted(claims, key=attrgetter("fingerprint", "opening"))
    fingerprints = [c.fingerprint for c in ordered]
    await db.execute(
        "INSERT INTO edge_claim (fingerprint, opening) SELECT * FROM unnest($1::bytea[], $2::text[])"
        " ON CONFLICT DO NOTHING",
        fingerprints,
        [c.opening for c in ordered],
    )
    rows = await db.fetch(
        "SELECT fingerprint, opening FROM edge_claim WHERE fingerprint = ANY($1::bytea[])", fingerprints
    )
    return {row["fingerprint"]: row["opening"] for row in rows}


async def first_bodies(db: asyncpg.Connection, used: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Remember what each key is first used with; returns that, for all of them."""
    ordered = sorted(used, key=itemgetter(0))
    keys = [key.encode() for key, _ in ordered]
    await db.execute(
        "INSERT INTO idempotency (key, body) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING",
        keys,
        [body for _, body in ordered],
    )
    rows = await db.fetch("SELECT key, body FROM idempotency WHERE key = ANY($1::bytea[])", keys)
    return {row["key"].decode(): row["body"] for row in rows}


async def forget_keys(pool: asyncpg.Pool, kept: timedelta) -> None:
    await delete_in_steps(
        pool,
        "DELETE FROM idempotency WHERE ctid IN"
        " (SELECT ctid FROM idempotency WHERE seen_at < now() - $1::interval LIMIT $2)",
        kept,
    )


async def add_posted(db: asyncpg.Connection, posted: Iterable[tuple[PostedMessage, CaseState | None]]) -> None:
    """Messages that are about to be published, with the cases that they may open."""
    ordered = sorted(posted, key=lambda one: one[0].id)
    await db.execute(
        "INSERT INTO posted_message (id, fingerprint, case_id, about_at)"
        " SELECT id, fingerprint, case_id, coalesce(begun_at, 'infinity')"
        " FROM unnest($1::text[], $2::bytea[], $3::text[], $4::timestamptz[])"
        " AS p(id, fingerprint, case_id, begun_at) ON CONFLICT DO NOTHING",
        [m.id for m, _ in ordered],
        [m.fingerprint for m, _ in ordered],
        [m.case_id for m, _ in ordered],
        [c.begun_at if c is not None else None for _, c in ordered],
    )
    cases = sorted((c for _, c in ordered if c is not None), key=attrgetter("case_id"))
    await db.execute(
        "INSERT INTO case_state (case_id, reference, begun_at)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING",
        [c.case_id for c in cases],
        [c.reference for c in cases],
        [c.begun_at for c in cases],
    )


async def add_parts(db: asyncpg.Connection, parts: Iterable[tuple[str, str, str]]) -> None:
    """Parts of posted messages, each (its id, that of the whole message, its case): who may ask for the whole may ask
    for them."""
    ordered = sorted(parts)
    await db.execute(
        "INSERT INTO posted_message (id, fingerprint, case_id, about_at)"
        " SELECT p.id, m.fingerprint, p.case_id, m.about_at"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS p(id, whole, case_id)"
        " JOIN posted_message AS m ON m.id = p.whole ON CONFLICT DO NOTHING",
        *([one[column] for one in ordered] for column in range(3)),
    )


async def known_keys(pool: asyncpg.Pool, asked: Iterable[str]) -> set[str]:
    """Those of these names that are cases somebody over HTTP may ask for, or posted messages."""
    rows = await pool.fetch(
        "SELECT case_id FROM case_state WHERE case_id = ANY($1::text[])"
        " UNION ALL SELECT id FROM posted_message WHERE id = ANY($1::text[])",
        list(asked),
    )
    return {row[0] for row in rows}


async def posted_among(db: asyncpg.Connection | asyncpg.Pool, message_ids: Iterable[str]) -> dict[str, str | None]:
    """Of these messages those that came over HTTP, with their cases."""
    rows = await db.fetch("SELECT id, case_id FROM posted_message WHERE id = ANY($1::text[])", sorted(message_ids))
    return {row["id"]: row["case_id"] for row in rows}


async def note_outcomes(db: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
    """What became of posted messages, in its order: of several words on one message the last stands."""
    if outcomes:
        last = {o.message_id: o for o in outcomes}
        ordered = sorted(last.values(), key=attrgetter("message_id"))
        await db.execute(
            "UPDATE posted_message AS p SET state = o.state, case_id = o.case_id, reason = o.reason,"
            " proposal = coalesce(o.proposal, p.proposal), about_at = coalesce(c.begun_at, p.about_at),"
            " full_until = o.until, call = o.call"
            " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])"
            " AS o(id, state, case_id, reason, proposal, until, call) LEFT JOIN case_state AS c USING (case_id)"
            " WHERE p.id = o.id",
            [o.message_id for o in ordered],
            [o.state for o in ordered],
            [o.case_id for o in ordered],
            [o.reason for o in ordered],
            [o.proposal for o in ordered],
            [o.until for o in ordered],
            [o.call for o in ordered],
        )


async def cases_of(db: asyncpg.Connection, case_ids: Iterable[str]) -> dict[str, CaseState]:
    """Those of these cases that somebody over HTTP may ask for; held until the transaction ends."""
    rows = await db.fetch(
        "SELECT case_id, reference, begun_at, state, region, changed_at, into_case, closed_by FROM case_state"
        " WHERE case_id = ANY($1::text[]) ORDER BY case_id FOR UPDATE",
        sorted(case_ids),
    )
    return {row["case_id"]: CaseState(**dict(row)) for row in rows}


async def states_of(pool: asyncpg.Pool, case_ids: Sequence[str]) -> dict[str, CaseState]:
    """How these cases stand, in their order."""
    rows = await pool.fetch(
        "SELECT case_id, reference, begun_at, state, region, changed_at, into_case, closed_by FROM case_state"
        " WHERE case_id = ANY($1::text[]) ORDER BY array_position($1::text[], case_id)",
        list(case_ids),
    )
    return {row["case_id"]: CaseState(**dict(row)) for row in rows}


async def save_cases(db: asyncpg.Connection, cases: Iterable[CaseState]) -> None:
    ordered = sorted(cases, key=attrgetter("case_id"))
    if ordered:
        await db.execute(
            "INSERT INTO case_state (case_id, reference, begun_at, state, region, changed_at, into_case, closed_by)"
            " SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],"
            " $6::timestamptz[], $7::text[], $8::text[])"
            " ON CONFLICT (case_id) DO UPDATE SET state = EXCLUDED.state, region = EXCLUDED.region,"
            " changed_at = EXCLUDED.changed_at, into_case = EXCLUDED.into_case, closed_by = EXCLUDED.closed_by",
            *([getattr(case, name) for case in ordered] for name in CASE_FIELDS),
        )


async def drop_unopened(db: asyncpg.Connection, case_ids: Iterable[str]) -> None:
    """Cases that a message might have opened and did not."""
    ordered = sorted(case_ids)
    if ordered:
        await db.execute("DELETE FROM case_state WHERE case_id = ANY($1::text[]) AND state IS NULL", ordered)


async def was_posted(pool: asyncpg.Pool, message_id: str, fingerprint: bytes) -> bool | None:
    """Whether a message came over HTTP, for a secret's holder; None where none did."""
    found: bool | None = await pool.fetchval(
        "SELECT true FROM posted_message WHERE id = $1 AND fingerprint = $2", message_id, fingerprint
    )
    return found


async def message_state(pool: asyncpg.Pool, message_id: str, fingerprint: bytes) -> dict[str, object] | None:
    """How a message's case stands, or why it was refused, for a secret's holder; None while nothing is known of it."""
    row = await pool.fetchrow(
        "SELECT m.id, CASE WHEN m.state = 'refused' THEN m.state ELSE coalesce(p.state, c.state, m.state) END AS state,"
        " m.reason, m.proposal, c.case_id, c.reference, coalesce(p.changed_at, c.changed_at) AS changed_at,"
        " CASE WHEN p.state IS NULL THEN c.closed_by ELSE p.closed_by END AS closed_by"
        " FROM posted_message AS m LEFT JOIN case_state AS c USING (case_id)"
        " LEFT JOIN case_state AS p ON p.case_id = c.into_case"
        " WHERE m.id = $1 AND m.fingerprint = $2 AND coalesce(m.state, c.state) IS NOT NULL",
        message_id,
        fingerprint,
    )
    if row is None:
        return None
    found = dict(row)
    changed_at: datetime | None = found["changed_at"]
    closed_by: Why | None = found.pop("closed_by")
    of_case = found["case_id"] is not None or found["state"] == "refused"
    outside = outside_status(found["state"], closed_by) if of_case else None
    return {
        **found,
        "changed_at": changed_at.isoformat() if changed_at is not None else None,
        "status": outside.status if outside is not None else None,
        "why": outside.why if outside is not None else None,
    }
