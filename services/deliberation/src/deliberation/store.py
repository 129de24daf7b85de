"""SQL of deliberation: proposals, speakers, voices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from common.contracts.events.deliberation import EVERY_CHANNEL, Burst
from common.messaging.postgres import copy_in
from pydantic import TypeAdapter

from deliberation.model import Deliberation, Speaker, Tally, Voice

BODY = TypeAdapter(Deliberation)
VOICE_COLUMNS = (
    "proposal_id", "number", "voice_id", "person", "role", "stance", "words", "channel", "given_at", "hidden",
    "moderator", "appeal", "appellant", "stranger",
)  # fmt: skip


async def load(db: asyncpg.Connection, names: Collection[str], until: datetime | None = None) -> list[Deliberation]:
    """Proposals by id or reference, locked in the order of their ids; with `until` also those that a tick which ends
    then may close, and those whose opinion groups are due."""
    rows = await db.fetch(
        "SELECT body::text AS body FROM deliberation WHERE proposal_id = ANY($1) OR reference = ANY($1)"
        " OR (stage IN ('open', 'waiting') AND until < $2) OR ($2 IS NOT NULL AND groups_due)"
        " ORDER BY proposal_id FOR UPDATE",
        list(names), until,
    )  # fmt: skip
    return [BODY.validate_json(row["body"]) for row in rows]


async def read(db: asyncpg.Connection, ids: Collection[str]) -> list[Deliberation]:
    """Proposals as they are, not locked: to speak about them, not to change them."""
    rows = await db.fetch("SELECT body::text AS body FROM deliberation WHERE proposal_id = ANY($1)", list(ids))
    return [BODY.validate_json(row["body"]) for row in rows]


async def save(db: asyncpg.Connection, held: Iterable[Deliberation]) -> None:
    rows = list(held)
    if not rows:
        return
    await db.execute(
        "INSERT INTO deliberation (proposal_id, reference, stage, until, groups_due, body)"
        " SELECT i, r, s, u, g, d::jsonb"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bool[], $6::text[])"
        " AS n(i, r, s, u, g, d) ON CONFLICT (proposal_id) DO UPDATE SET stage = EXCLUDED.stage,"
        " until = EXCLUDED.until, groups_due = EXCLUDED.groups_due, body = EXCLUDED.body",
        [d.proposal_id for d in rows],
        [d.reference for d in rows],
        [d.stage for d in rows],
        [d.until for d in rows],
        [d.groups_due for d in rows],
        [BODY.dump_json(d).decode() for d in rows],
    )


async def taken_references(db: asyncpg.Connection, candidates: Sequence[str]) -> set[str]:
    rows = await db.fetch("SELECT reference FROM deliberation WHERE reference = ANY($1)", list(candidates))
    return {row["reference"] for row in rows}


async def speakers(db: asyncpg.Connection, proposal_id: str, people: Collection[str]) -> dict[str, Speaker]:
    rows = await db.fetch(
        "SELECT person, role, side, voice_id, answered FROM speaker WHERE proposal_id = $1 AND person = ANY($2)",
        proposal_id, list(people),
    )  # fmt: skip
    return {row["person"]: Speaker(*row) for row in rows}


async def save_speakers(db: asyncpg.Connection, proposal_id: str, held: Iterable[Speaker]) -> None:
    rows = list(held)
    if not rows:
        return
    await db.execute(
        "INSERT INTO speaker (proposal_id, person, role, side, voice_id, answered)"
        " SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[])"
        " ON CONFLICT (proposal_id, person) DO UPDATE SET role = EXCLUDED.role, side = EXCLUDED.side,"
        " voice_id = EXCLUDED.voice_id, answered = EXCLUDED.answered",
        proposal_id, *(list(column) for column in zip(*map(_speaker, rows), strict=True)),
    )  # fmt: skip


def _speaker(one: Speaker) -> tuple[Any, ...]:
    return one.person, one.role, one.side, one.voice_id, one.answered


async def add_voices(db: asyncpg.Connection, voices: Sequence[Voice]) -> None:
    """The fence of the batch makes it once a voice."""
    if voices:
        rows = [tuple(getattr(voice, name) for name in VOICE_COLUMNS) for voice in voices]
        await copy_in(db, "voice", columns=list(VOICE_COLUMNS), records=rows)


async def voice(db: asyncpg.Connection, voice_id: str) -> Voice | None:
    row = await db.fetchrow(f"SELECT {', '.join(VOICE_COLUMNS)} FROM voice WHERE voice_id = $1", voice_id)  # noqa: S608
    return None if row is None else Voice(**row)


async def voices_named(db: asyncpg.Connection, voice_ids: Collection[str]) -> dict[str, Voice]:
    rows = await db.fetch(
        f"SELECT {', '.join(VOICE_COLUMNS)} FROM voice WHERE voice_id = ANY($1)",  # noqa: S608
        list(voice_ids),
    )
    return {row["voice_id"]: Voice(**row) for row in rows}


async def hidden_voice(db: asyncpg.Connection, proposal_id: str, person: str) -> Voice | None:
    """A person's newest voice on a proposal that is hidden and was not appealed about."""
    row = await db.fetchrow(
        f"SELECT {', '.join(VOICE_COLUMNS)} FROM voice WHERE proposal_id = $1 AND person = $2 AND hidden"  # noqa: S608
        " AND appeal = 'none' ORDER BY number DESC LIMIT 1",
        proposal_id, person,
    )  # fmt: skip
    return None if row is None else Voice(**row)


async def save_moderation(db: asyncpg.Connection, after: Voice) -> None:
    await db.execute(
        "UPDATE voice SET hidden = $3, moderator = $4, appeal = $5, appellant = $6"
        " WHERE proposal_id = $1 AND number = $2",
        after.proposal_id, after.number, after.hidden, after.moderator, after.appeal, after.appellant,
    )  # fmt: skip


async def tallies(db: asyncpg.Connection, proposal_id: str) -> list[Tally]:
    rows = await db.fetch(
        "SELECT role, count(*) AS voices, count(*) FILTER (WHERE side = 'support') AS support,"
        " count(*) FILTER (WHERE side = 'object') AS object,"
        " count(*) FILTER (WHERE side = 'object' AND NOT answered) AS unanswered"
        " FROM speaker WHERE proposal_id = $1 GROUP BY role",
        proposal_id,
    )
    return [Tally(**row) for row in rows]


async def tallies_without(db: asyncpg.Connection, proposal_id: str, aside: Sequence[Burst]) -> list[Tally]:
    """As `tallies`, of what was said outside these bursts. An objection that its speaker has replaced within one is
    unanswered where the one that replaced it is: nobody can answer it any more.

    Voices are found by their ids first: an erased citizen who came back stands under two names in `voice`."""
    rows = await db.fetch(
        "WITH said AS (SELECT voice_id, person, number, stance, EXISTS (SELECT"
        " FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS burst(source, since, until)"
        " WHERE channel IS NOT NULL AND source IN (channel, $5) AND given_at >= since AND given_at < until) AS aside"
        " FROM voice WHERE proposal_id = $1), other AS (SELECT person, (array_agg(stance ORDER BY number DESC)"
        " FILTER (WHERE stance IN ('support', 'object')))[1] AS side FROM said WHERE NOT aside GROUP BY person),"
        " counted AS (SELECT role, speaker.side = 'object' AND NOT answered AS unanswered,"
        " CASE WHEN one.voice_id IS NULL AND silent.person IS NULL THEN speaker.side ELSE other.side END AS side"
        " FROM speaker LEFT JOIN other USING (person)"
        " LEFT JOIN (SELECT voice_id FROM said WHERE aside) AS one ON one.voice_id = speaker.voice_id"
        " LEFT JOIN (SELECT DISTINCT person FROM said WHERE aside) AS silent"
        " ON silent.person = speaker.person AND speaker.voice_id IS NULL WHERE speaker.proposal_id = $1"
        " AND (other.person IS NOT NULL OR (one.voice_id IS NULL AND silent.person IS NULL)))"
        " SELECT role, count(*) AS voices, count(*) FILTER (WHERE side = 'support') AS support,"
        " count(*) FILTER (WHERE side = 'object') AS object,"
        " count(*) FILTER (WHERE side = 'object' AND unanswered) AS unanswered FROM counted GROUP BY role",
        proposal_id, [b.source for b in aside], [b.since for b in aside], [b.until for b in aside],
        EVERY_CHANNEL,
    )  # fmt: skip
    return [Tally(**row) for row in rows]


async def minutes(db: asyncpg.Connection, proposal_id: str) -> list[tuple[str, datetime, int]]:
    """How many people spoke by each channel in each minute: one person who says much makes no burst."""
    rows = await db.fetch(
        "SELECT channel, date_trunc('minute', given_at) AS minute, count(DISTINCT person) AS voices FROM voice"
        " WHERE proposal_id = $1 AND channel IS NOT NULL GROUP BY 1, 2",
        proposal_id,
    )
    return [(row["channel"], row["minute"], row["voices"]) for row in rows]


async def strangers(db: asyncpg.Connection, proposal_id: str, citizens: Collection[str]) -> set[str]:
    """Those of whom nothing else is known: no open case, no word on another proposal."""
    rows = await db.fetch(
        "SELECT citizen FROM unnest($2::text[]) AS said(citizen)"
        " WHERE NOT EXISTS (SELECT FROM open_case AS c WHERE c.citizen = said.citizen)"
        " AND NOT EXISTS (SELECT FROM speaker AS s WHERE s.person = said.citizen AND s.proposal_id <> $1)",
        proposal_id, list(citizens),
    )  # fmt: skip
    return {row["citizen"] for row in rows}


async def strangers_by_hour(
    db: asyncpg.Connection, proposal_id: str, aside: Sequence[Burst]
) -> list[tuple[datetime, int]]:
    """How many strangers spoke first in each hour, without those who did so in one of these bursts."""
    rows = await db.fetch(
        "SELECT date_trunc('hour', first, 'UTC') AS hour, count(*) AS number"
        " FROM (SELECT min(given_at) AS first, (array_agg(channel ORDER BY given_at))[1] AS channel FROM voice"
        " WHERE proposal_id = $1 AND channel IS NOT NULL GROUP BY person HAVING bool_and(stranger)) AS people"
        " WHERE NOT EXISTS (SELECT FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[])"
        " AS burst(source, since, until) WHERE channel = source AND first >= since AND first < until) GROUP BY 1",
        proposal_id, [b.source for b in aside], [b.since for b in aside], [b.until for b in aside],
    )  # fmt: skip
    return [(row["hour"], row["number"]) for row in rows]


async def revoked(db: asyncpg.Connection) -> frozenset[tuple[str, str]]:
    """(layer, row) of each consent that holds no more."""
    return frozenset(
        (row["layer"], row["consent"]) for row in await db.fetch("SELECT layer, consent FROM revoked_consent")
    )


async def revoke(db: asyncpg.Connection, layer: str, consent: str, actor: str, reason: str, at: datetime) -> bool:
    """False where it was revoked already."""
    done = await db.fetchval(
        "INSERT INTO revoked_consent (layer, consent, actor, reason, revoked_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING consent",
        layer, consent, actor, reason, at,
    )  # fmt: skip
    return done is not None
