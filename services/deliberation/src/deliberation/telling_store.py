"""SQL of what citizens are still to be told: a great many are told over several ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import orjson
from common.contracts.envelope import Envelope
from pydantic import TypeAdapter

from deliberation.news import News

ENVELOPES = TypeAdapter(Envelope)


@dataclass(frozen=True, slots=True)
class Telling:
    """`concerned` says whom; without it all citizens who spoke about the proposal or judged what was said, and its
    citizen author."""

    number: int
    proposal_id: str
    news: News
    cause: Envelope
    after: str
    concerned: tuple[str, ...] | None


async def queue(
    db: asyncpg.Connection, proposal_id: str, news: News, cause: Envelope, concerned: Sequence[str] | None = None
) -> None:
    await db.execute(
        "INSERT INTO telling (proposal_id, kind, facts, cause, after, concerned)"
        " VALUES ($1, $2, $3::jsonb, $4, '', $5)",
        proposal_id, news.kind, orjson.dumps(news.facts).decode(), ENVELOPES.dump_json(cause).decode(),
        None if concerned is None else sorted(concerned),
    )  # fmt: skip


async def first(db: asyncpg.Connection) -> Telling | None:
    """What has waited longest."""
    row = await db.fetchrow(
        "SELECT number, proposal_id, kind, facts::text AS facts, cause, after, concerned FROM telling"
        " ORDER BY number LIMIT 1 FOR UPDATE"
    )
    if row is None:
        return None
    news = News(row["kind"], orjson.loads(row["facts"]))
    concerned = None if row["concerned"] is None else tuple(row["concerned"])
    return Telling(
        row["number"], row["proposal_id"], news, ENVELOPES.validate_json(row["cause"]), row["after"], concerned
    )


async def next_citizens(db: asyncpg.Connection, telling: Telling, author: str | None, most: int) -> list[str]:
    """Whom to tell next, in order, at most so many."""
    if telling.concerned is not None:
        return [person for person in telling.concerned if person > telling.after][:most]
    rows = await db.fetch(
        "SELECT person FROM (SELECT person FROM speaker WHERE proposal_id = $1 AND role = 'citizen'"
        " AND NOT erased"
        " UNION SELECT person FROM judgement WHERE proposal_id = $1 AND role = 'citizen' AND NOT erased"
        " UNION SELECT $3::text WHERE $3 IS NOT NULL) AS citizens (person)"
        " WHERE person > $2 ORDER BY person LIMIT $4",
        telling.proposal_id, telling.after, author, most,
    )  # fmt: skip
    return [row["person"] for row in rows]


async def told_up_to(db: asyncpg.Connection, telling: Telling, person: str) -> None:
    await db.execute("UPDATE telling SET after = $2 WHERE number = $1", telling.number, person)


async def done(db: asyncpg.Connection, telling: Telling) -> None:
    await db.execute("DELETE FROM telling WHERE number = $1", telling.number)
