"""SQL of citizens who are one person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
from common.contracts.events.intake import CitizensLinked, VoiceGiven

OPEN = ("open", "waiting")
"""Stages in which totals are not published yet."""
VOICES_OF_ANOTHER = "UPDATE voice SET person = $3 WHERE proposal_id = $1 AND person = $2 AND role = 'citizen'"
JUDGEMENTS_OF_ANOTHER = "UPDATE judgement SET person = $3 WHERE proposal_id = $1 AND person = $2 AND role = 'citizen'"


async def remember(db: asyncpg.Connection, event: CitizensLinked) -> None:
    """A whole link holds of all; of one conversation, of its voices. One the other way round ends."""
    voices = None if event.voices is None else list(event.voices)
    await db.execute(
        "DELETE FROM linked_citizen WHERE citizen = $2 AND into_citizen = $1", event.citizen, event.into_citizen
    )
    await db.execute(
        "UPDATE linked_citizen SET into_citizen = $2 WHERE into_citizen = $1 AND citizen <> $2 AND ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM linked_citizen AS l WHERE l.citizen = linked_citizen.citizen"
        " AND l.into_citizen = $2)",
        event.citizen, event.into_citizen,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO linked_citizen AS l (citizen, into_citizen, voices) VALUES ($1, $2, $3)"
        " ON CONFLICT (citizen, into_citizen) DO UPDATE SET ended_at = NULL, voices = l.voices || EXCLUDED.voices",
        event.citizen, event.into_citizen, voices,
    )  # fmt: skip


async def end(db: asyncpg.Connection, citizen: str, at: datetime) -> None:
    """They are erased: what they say from now on is nobody else's."""
    await db.execute(
        "UPDATE linked_citizen SET ended_at = $2 WHERE (citizen = $1 OR into_citizen = $1) AND ended_at IS NULL",
        citizen, at,
    )  # fmt: skip


async def speakers_of(db: asyncpg.Connection, voices: Sequence[VoiceGiven]) -> dict[str, str]:
    """Who said these voices, by voice, where it is somebody else than they say."""
    rows = await db.fetch(
        "SELECT citizen, into_citizen, voices, ended_at FROM linked_citizen WHERE citizen = ANY($1::text[])"
        " ORDER BY citizen, into_citizen",
        sorted({voice.citizen for voice in voices}),
    )
    links: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        links.setdefault(row["citizen"], []).append(row)
    found: dict[str, str] = {}
    for voice in voices:
        for link in links.get(voice.citizen, ()):
            named = link["voices"] is None or voice.voice_id in link["voices"]
            if named and (link["ended_at"] is None or voice.given_at <= link["ended_at"]):
                found[voice.voice_id] = link["into_citizen"]
    return found


async def joined(db: asyncpg.Connection, proposal_id: str, citizens: Iterable[str]) -> dict[str, str]:
    """As whom these speak on a proposal, where their voices there were made one with another's."""
    rows = await db.fetch(
        "SELECT citizen, into_citizen FROM joined_speaker WHERE proposal_id = $1 AND citizen = ANY($2::text[])",
        proposal_id, sorted(set(citizens)),
    )  # fmt: skip
    return {row["citizen"]: row["into_citizen"] for row in rows}


async def under_way(db: asyncpg.Connection) -> list[str]:
    """Proposals that are argued about."""
    rows = await db.fetch("SELECT proposal_id FROM deliberation WHERE stage = ANY($1::text[])", list(OPEN))
    return [row["proposal_id"] for row in rows]


async def voices_of(db: asyncpg.Connection, proposal_id: str, names: Collection[str]) -> dict[str, int]:
    """Numbers of the voices of somebody who stands under these names."""
    rows = await db.fetch(
        "SELECT voice_id, number FROM voice WHERE proposal_id = $1 AND role = 'citizen' AND person = ANY($2::text[])",
        proposal_id, list(names),
    )  # fmt: skip
    return {row["voice_id"]: row["number"] for row in rows}


async def judged(db: asyncpg.Connection, proposal_id: str, names: Collection[str]) -> bool:
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM judgement WHERE proposal_id = $1 AND role = 'citizen'"
        " AND person = ANY($2::text[]))",
        proposal_id, list(names),
    )  # fmt: skip
    return found


async def join(db: asyncpg.Connection, proposal_id: str, names: Mapping[str, str]) -> None:
    """What stands under each of these names stands under another from now on; their rows as speakers go."""
    for name, into in names.items():
        await db.execute("DELETE FROM speaker WHERE proposal_id = $1 AND person = $2", proposal_id, name)
        for statement in (VOICES_OF_ANOTHER, JUDGEMENTS_OF_ANOTHER):
            await db.execute(statement, proposal_id, name, into)


async def keep_joined(db: asyncpg.Connection, proposal_id: str, citizen: str, into: str) -> None:
    await db.execute(
        "DELETE FROM joined_speaker WHERE proposal_id = $1 AND citizen = $2", proposal_id, into
    )  # fmt: skip
    await db.execute(
        "UPDATE joined_speaker SET into_citizen = $3 WHERE proposal_id = $1 AND into_citizen = $2",
        proposal_id, citizen, into,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO joined_speaker (proposal_id, citizen, into_citizen) VALUES ($1, $2, $3)"
        " ON CONFLICT (proposal_id, citizen) DO UPDATE SET into_citizen = EXCLUDED.into_citizen",
        proposal_id, citizen, into,
    )  # fmt: skip


async def told_as(db: asyncpg.Connection, citizen: str, into: str) -> None:
    """Ideas, open cases and what is still to be told are the other's: one person is told once."""
    await db.execute("UPDATE idea SET citizen = $2 WHERE citizen = $1", citizen, into)
    await db.execute("UPDATE open_case SET citizen = $2 WHERE citizen = $1", citizen, into)
    await db.execute(
        "UPDATE telling SET concerned = ARRAY(SELECT DISTINCT CASE c WHEN $1 THEN $2 ELSE c END"
        " FROM unnest(concerned) AS c ORDER BY 1) WHERE $1 = ANY(concerned)",
        citizen, into,
    )  # fmt: skip
