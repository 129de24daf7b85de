"""SQL of voices on proposals: kept up to date a batch at a time, read by pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import asyncpg
from common.contracts.delivery import Delivery
from common.contracts.events.base import Event
from common.contracts.events.deliberation import (
    ObjectionAnswered,
    SpeakersJoined,
    VoiceCounted,
    VoiceModerated,
    VoicesJudged,
)
from common.contracts.frozen import value

from portal.language import N_
from portal.snapshot import SnapshotPool

ERASED = N_("everything about its author was erased")
"""Why the words of a voice are gone for good."""
Row = tuple[Any, ...]
VOICE_TYPES: frozenset[type[Event]] = frozenset(
    {VoiceCounted, VoicesJudged, ObjectionAnswered, VoiceModerated, SpeakersJoined}
)


@value
class Voice:
    """One voice as pages show it; without words where they are hidden."""

    voice_id: str
    number: int
    speaker: str
    role: str
    stance: str
    words: str
    channel: str | None
    counts: bool
    given_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    hidden: bool
    hidden_reason: str | None
    hidden_by: str | None
    appeal: str


ADDED_AT_ONCE = 500
"""Voices in one statement: between two of them pages have a turn."""
FIELDS = tuple(Voice.__dataclass_fields__)


async def keep(db: asyncpg.Connection, batch: Sequence[Delivery]) -> None:
    """What a batch says about voices; each proposal's records come in the order of their numbers."""
    given = [d for d in batch if isinstance(d.event, VoiceCounted)]
    for at in range(0, len(given), ADDED_AT_ONCE):
        await _add(db, given[at : at + ADDED_AT_ONCE])
    for kind, following in groupby(
        (d for d in batch if not isinstance(d.event, VoiceCounted)), lambda d: type(d.event)
    ):
        run = [(d.event, d.envelope.causation_id) for d in following]
        if kind is SpeakersJoined:
            for event, _ in run:
                if isinstance(event, SpeakersJoined):
                    await _join(db, event)
        elif kind in RUNS:
            statement, values = RUNS[kind]
            # Sent together: a moderator hides thousands at once.
            await db.executemany(statement, [row for event, cause in run for row in values(event, cause)])


def _answered(event: ObjectionAnswered, cause: str | None) -> list[Row]:
    return [(event.proposal_id, event.voice_id, event.words, event.actor, event.answered_at, cause)]


def _moderated(event: VoiceModerated, cause: str | None) -> list[Row]:
    return [
        (
            event.proposal_id, event.voice_id, event.hidden, ERASED if event.erased else event.reason, event.actor,
            event.appeal, cause, event.erased,
        )
    ]  # fmt: skip


def _judged(event: VoicesJudged, cause: str | None) -> list[Row]:
    """Citizens have no pages: what they judge is seen in the groups."""
    if event.role == "citizen":
        return []
    return [
        (event.proposal_id, event.speaker, number, agrees, cause)
        for numbers, agrees in ((event.agree, True), (event.disagree, False))
        for number in numbers
    ]


RUNS: dict[type[Event], tuple[str, Callable[[Any, str | None], list[Row]]]] = {
    ObjectionAnswered: (
        "UPDATE voice SET answer = $3, answered_by = $4, answered_at = $5, last_cause = $6"
        " WHERE proposal_id = $1 AND voice_id = $2",
        _answered,
    ),
    # A blank keeps an erased objection in the lists, where it can be answered.
    VoiceModerated: (
        "UPDATE voice SET hidden = $3, hidden_reason = $4, hidden_by = $5, appeal = $6, last_cause = $7,"
        " words = CASE WHEN $8 THEN ' ' ELSE words END WHERE proposal_id = $1 AND voice_id = $2",
        _moderated,
    ),
    VoicesJudged: (
        "INSERT INTO judgement (proposal_id, speaker, number, agrees, cause) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (proposal_id, speaker, number) DO UPDATE SET agrees = EXCLUDED.agrees, cause = EXCLUDED.cause",
        _judged,
    ),
}
"""What one statement, sent with all values of records that follow each other, makes of each."""


async def _join(db: asyncpg.Connection, event: SpeakersJoined) -> None:
    """Two speakers are one: what the one said is the other's, and one voice counts no more."""
    await db.execute(
        "UPDATE voice SET speaker = $3 WHERE proposal_id = $1 AND speaker = $2",
        event.proposal_id, event.speaker, event.into_speaker,
    )  # fmt: skip
    await db.execute(
        "WITH gone AS (UPDATE voice SET counts = false WHERE proposal_id = $1 AND voice_id = $2 AND counts"
        " RETURNING proposal_id, role, stance)"
        " UPDATE voice_tally AS t SET voices = t.voices - 1 FROM gone"
        " WHERE t.proposal_id = gone.proposal_id AND t.role = gone.role AND t.stance = gone.stance",
        event.proposal_id, event.replaces,
    )  # fmt: skip


async def _add(db: asyncpg.Connection, given: Sequence[Delivery]) -> None:
    events = [d.event for d in given if isinstance(d.event, VoiceCounted)]
    replaced = {(e.proposal_id, e.replaces) for e in events if e.replaces is not None}
    causes = {(e.proposal_id, e.voice_id): d.envelope.causation_id for d, e in zip(given, events, strict=True)}
    added = await db.fetch(
        "INSERT INTO voice (proposal_id, voice_id, number, speaker, role, stance, words, channel, counts, given_at,"
        " cause) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::text[], $9::boolean[], $10::timestamptz[], $11::text[]) ON CONFLICT DO NOTHING"
        " RETURNING proposal_id, role, stance, counts",
        [e.proposal_id for e in events], [e.voice_id for e in events], [e.number for e in events],
        [e.speaker for e in events], [e.role for e in events], [e.stance for e in events], [e.words for e in events],
        [e.channel for e in events], [(e.proposal_id, e.voice_id) not in replaced for e in events],
        [e.given_at for e in events], [causes[e.proposal_id, e.voice_id] for e in events],
    )  # fmt: skip
    moves: Counter[tuple[str, str, str]] = Counter()
    for row in added:
        moves[row["proposal_id"], row["role"], row["stance"]] += row["counts"]
    if replaced:
        pairs = sorted(replaced)
        gone = await db.fetch(
            "UPDATE voice SET counts = false FROM unnest($1::text[], $2::text[]) AS r(p, v)"
            " WHERE proposal_id = r.p AND voice_id = r.v AND counts RETURNING proposal_id, role, stance",
            [p for p, _ in pairs],
            [v for _, v in pairs],
        )
        for row in gone:
            moves[row["proposal_id"], row["role"], row["stance"]] -= 1
    keys = sorted(moves)
    await db.execute(
        "INSERT INTO voice_tally AS t SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])"
        " ON CONFLICT (proposal_id, role, stance) DO UPDATE SET voices = t.voices + EXCLUDED.voices",
        [k[0] for k in keys],
        [k[1] for k in keys],
        [k[2] for k in keys],
        [moves[k] for k in keys],
    )


class VoiceReader:
    """What pages ask about voices."""

    def __init__(self, pool: SnapshotPool) -> None:
        self._pool = pool

    async def tallies(self, proposal_id: str) -> dict[tuple[str, str], int]:
        """How many voices count, by role and stance."""
        rows = await self._pool.fetch(
            "SELECT role, stance, voices FROM voice_tally WHERE proposal_id = $1 AND voices > 0", proposal_id
        )
        return {(r["role"], r["stance"]): r["voices"] for r in rows}

    async def given(self, proposal_id: str, stance: str, limit: int, before: int | None = None) -> list[Voice]:
        """Those of a stance that count and say something, newest first; before a number where one is given."""
        rows = await self._pool.fetch(
            "SELECT * FROM voice WHERE proposal_id = $1 AND stance = $2 AND counts AND words <> ''"
            " AND ($3::bigint IS NULL OR number < $3) ORDER BY number DESC LIMIT $4",
            proposal_id, stance, before, limit,
        )  # fmt: skip
        return [voice_of(r) for r in rows]

    async def unanswered(self, proposal_id: str, limit: int) -> list[Voice]:
        """Objections that count and nobody has answered, oldest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM voice WHERE proposal_id = $1 AND counts AND answer IS NULL AND stance = 'object'"
            " ORDER BY number LIMIT $2",
            proposal_id,
            limit,
        )
        return [voice_of(r) for r in rows]

    async def unanswered_number(self, proposal_id: str) -> int:
        """How many these are."""
        found: int = await self._pool.fetchval(
            "SELECT count(*) FROM voice WHERE proposal_id = $1 AND counts AND answer IS NULL AND stance = 'object'",
            proposal_id,
        )
        return found

    async def by_ids(self, proposal_id: str, ids: Sequence[str]) -> dict[str, Voice]:
        rows = await self._pool.fetch(
            "SELECT * FROM voice WHERE proposal_id = $1 AND voice_id = ANY($2::text[])", proposal_id, list(ids)
        )
        return {r["voice_id"]: voice_of(r) for r in rows}

    async def judged_by(self, proposal_id: str, speaker: str, numbers: Sequence[int]) -> dict[int, bool]:
        """Whether somebody agrees with words, of those with these numbers that they have judged."""
        rows = await self._pool.fetch(
            "SELECT number, agrees FROM judgement"
            " WHERE proposal_id = $1 AND speaker = $2 AND number = ANY($3::bigint[])",
            proposal_id, speaker, list(numbers),
        )  # fmt: skip
        return {r["number"]: r["agrees"] for r in rows}

    async def judgement_caused_by(self, proposal_id: str, order: str) -> bool:
        """Whether an order brought about a judgement."""
        return bool(
            await self._pool.fetchval(
                "SELECT EXISTS (SELECT FROM judgement WHERE proposal_id = $1 AND cause = $2)", proposal_id, order
            )
        )

    async def caused_by(self, proposal_id: str, order: str) -> Voice | None:
        """The voice that an order gave, answered or moderated."""
        row = await self._pool.fetchrow(
            "SELECT * FROM voice WHERE proposal_id = $1 AND (cause = $2 OR last_cause = $2) LIMIT 1", proposal_id, order
        )
        return voice_of(row) if row else None


def voice_of(row: Any) -> Voice:
    return Voice(**{name: row[name] for name in FIELDS})
