"""Who was erased, in the database of a service that keeps words of citizens: words that are read after the word of the
erasure, and were said before it, come in without their text.

The service's migrations make the table: `erased_citizen (citizen text PRIMARY KEY, erased_at timestamptz NOT NULL)`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg

from common.contracts.delivery import Delivery
from common.contracts.events.intake import CitizenErased

ERASING = 0x07C3
"""Names the lock."""


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
    speakers = {citizen for d in batch if (citizen := _speaker(d)) is not None}
    if erased_now or speakers:
        await let_one_erase(db, erasing=bool(erased_now))
    if erased_now:
        await remember(db, erased_now)
    erased = await erased_among(db, speakers)
    return [_without_words(d, erased) for d in batch] if erased else list(batch)


def _without_words(delivery: Delivery, erased: Mapping[str, datetime]) -> Delivery:
    at = erased.get(_speaker(delivery) or "")
    if at is None or delivery.envelope.time > at:
        return delivery
    return replace(delivery, event=delivery.event.model_copy(update={"text": ""}))


def _speaker(delivery: Delivery) -> str | None:
    """Whose words a record holds; None where it holds nobody's."""
    event = delivery.event
    return getattr(event, "citizen", None) if getattr(event, "text", "") else None
