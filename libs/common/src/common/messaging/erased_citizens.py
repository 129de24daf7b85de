"""Who was erased, in the database of a service that keeps words of citizens: words that are read after the word of the
erasure, and were said before it, come in without their text.

The service's migrations make the tables: `erased_citizen (citizen text PRIMARY KEY, erased_at timestamptz NOT NULL)`
and `erased_words (name text, citizen text, erased_at timestamptz NOT NULL, PRIMARY KEY (name, citizen))`: of
conversations that were erased by themselves what was said in each case and message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg

from common.contracts.delivery import Delivery
from common.contracts.events.base import Event
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.contracts.frozen import value

ERASING = 0x07C3
"""Names the lock."""


@value
class Erased:
    """What was erased of what somebody said."""

    citizens: Mapping[str, datetime]
    """Who was erased, and when."""
    words: Mapping[tuple[str, str], datetime]
    """Of erased conversations: by case or message and the citizen who said it there."""

    def __bool__(self) -> bool:
        return bool(self.citizens or self.words)

    def at(self, citizen: str, names: Collection[str]) -> datetime | None:
        """When what a citizen said was erased, in a case and a message of these names; None: it stands."""
        found = [self.citizens.get(citizen), *(self.words.get((name, citizen)) for name in names)]
        return max((one for one in found if one is not None), default=None)


async def let_one_erase(db: asyncpg.Connection, *, erasing: bool) -> None:
    """Until the transaction ends, who erases is alone, and who keeps words waits for no one but it.

    Of a batch that keeps words beside one that erases them neither sees the other's rows, and the words would stay.
    """
    statement = "SELECT pg_advisory_xact_lock($1)" if erasing else "SELECT pg_advisory_xact_lock_shared($1)"
    await db.execute(statement, ERASING)


async def remember(db: asyncpg.Connection, erased: Sequence[CitizenErased]) -> None:
    """Citizens may be erased again, each time with what they have said since."""
    await db.executemany(
        "INSERT INTO erased_citizen (citizen, erased_at) VALUES ($1, $2) ON CONFLICT (citizen)"
        " DO UPDATE SET erased_at = greatest(erased_citizen.erased_at, EXCLUDED.erased_at)",
        sorted((one.citizen, one.erased_at) for one in erased),
    )


async def remember_conversations(db: asyncpg.Connection, erased: Sequence[ConversationErased]) -> None:
    """A case may be erased of again, with what was said since."""
    latest: dict[tuple[str, str], datetime] = {}
    for one in erased:
        for name in names_of(one):
            latest[name, one.citizen] = max(one.erased_at, latest.get((name, one.citizen), one.erased_at))
    ordered = sorted(latest.items())
    await db.execute(
        "INSERT INTO erased_words (name, citizen, erased_at) SELECT * FROM"
        " unnest($1::text[], $2::text[], $3::timestamptz[]) ON CONFLICT (name, citizen)"
        " DO UPDATE SET erased_at = greatest(erased_words.erased_at, EXCLUDED.erased_at)",
        [name for (name, _), _ in ordered], [citizen for (_, citizen), _ in ordered], [at for _, at in ordered],
    )  # fmt: skip


def names_of(erased: ConversationErased) -> list[str]:
    """The cases and messages of an erased conversation."""
    return sorted({*erased.cases, *erased.messages})


async def erased_of(db: asyncpg.Connection, citizens: Collection[str], names: Collection[str]) -> Erased:
    """What was erased of these citizens, and in these cases and messages."""
    if not citizens:
        return Erased({}, {})
    rows = await db.fetch(
        "SELECT citizen, NULL AS name, erased_at FROM erased_citizen WHERE citizen = ANY($1::text[])"
        " UNION ALL SELECT citizen, name, erased_at FROM erased_words WHERE name = ANY($2::text[])",
        sorted(citizens), sorted(names),
    )  # fmt: skip
    return Erased(
        {row["citizen"]: row["erased_at"] for row in rows if row["name"] is None},
        {(row["name"], row["citizen"]): row["erased_at"] for row in rows if row["name"] is not None},
    )


async def erased_among(db: asyncpg.Connection, citizens: Collection[str]) -> dict[str, datetime]:
    """Which of these were erased, and when."""
    if not citizens:
        return {}
    rows = await db.fetch(
        "SELECT citizen, erased_at FROM erased_citizen WHERE citizen = ANY($1::text[])", sorted(citizens)
    )
    return {row["citizen"]: row["erased_at"] for row in rows}


async def without_erased_words(db: asyncpg.Connection, batch: Sequence[Delivery]) -> list[Delivery]:
    """The batch as it may be handled, once the erasures in it are remembered."""
    erased_now = [d.event for d in batch if isinstance(d.event, CitizenErased)]
    conversations = [d.event for d in batch if isinstance(d.event, ConversationErased)]
    speakers = {citizen for d in batch if (citizen := _speaker(d)) is not None}
    erasing = bool(erased_now or conversations)
    if erasing or speakers:
        await let_one_erase(db, erasing=erasing)
    if erased_now:
        await remember(db, erased_now)
    if conversations:
        await remember_conversations(db, conversations)
    names = {name for d in batch if _speaker(d) is not None for name in said_in(d.event)}
    erased = await erased_of(db, speakers, names)
    return [_without_words(d, erased) for d in batch] if erased else list(batch)


def said_in(event: Event) -> tuple[str, ...]:
    """The case and the message of somebody's words."""
    named = (getattr(event, name, None) for name in ("case_id", "message_id", "voice_id"))
    return tuple(name for name in named if name is not None)


def _without_words(delivery: Delivery, erased: Erased) -> Delivery:
    citizen = _speaker(delivery)
    at = erased.at(citizen, said_in(delivery.event)) if citizen is not None else None
    if at is None or delivery.envelope.time > at:
        return delivery
    return replace(delivery, event=delivery.event.model_copy(update={"text": ""}))


def _speaker(delivery: Delivery) -> str | None:
    """Whose words a record holds; None where it holds nobody's."""
    event = delivery.event
    return getattr(event, "citizen", None) if getattr(event, "text", "") else None
