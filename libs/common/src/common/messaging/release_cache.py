"""The rulebook as a service knows it: releases kept in its own database, in memory as a book."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import asyncpg

from common.contracts.catalogue import Installation
from common.contracts.events.rules import ReleasePublished
from common.messaging.kafka import read_to_end
from common.messaging.postgres import transaction
from common.messaging.settings import MessagingSettings
from common.rulebook.book import ReleaseBook
from common.rulebook.release import Release

log = logging.getLogger(__name__)


def as_release(event: ReleasePublished) -> Release:
    """The release inside the event."""
    return Release.model_validate(event.model_dump(exclude={"proposal_id"}))


class Releases:
    """Releases arrive like any record, are stored in the batch's transaction, and are read back by every replica."""

    def __init__(self, base: Sequence[Release] = ()) -> None:
        self.book = ReleaseBook()
        self._arrival = 0
        self._known: set[tuple[str, int]] = set()
        for release in base:
            self._add(release)

    def _add(self, release: Release) -> None:
        if (release.layer, release.number) not in self._known:
            self._known.add((release.layer, release.number))
            self.book.add(release)

    def newest(self) -> dict[str, int]:
        """The highest number known of each layer."""
        found: dict[str, int] = {}
        for layer, number in self._known:
            found[layer] = max(number, found.get(layer, 0))
        return found

    async def keep(self, db: asyncpg.Connection, events: Sequence[ReleasePublished]) -> None:
        """Store what arrived, inside the caller's transaction.

        One such transaction at a time: an arrival must not become visible after a later one, which a refresh may
        have seen already.
        """
        if events:
            await db.execute("SELECT pg_advisory_xact_lock(hashtext('otklik.releases'))")
        for event in events:
            await db.execute(
                "INSERT INTO release (layer, number, body) VALUES ($1, $2, $3) ON CONFLICT (layer, number) DO NOTHING",
                event.layer,
                event.number,
                event.model_dump_json(),
            )

    async def refresh(self, db: asyncpg.Connection) -> list[ReleasePublished]:
        """Bring the book up to what the database holds; returns what was new."""
        rows = await db.fetch("SELECT arrival, body FROM release WHERE arrival > $1 ORDER BY arrival", self._arrival)
        found = []
        for row in rows:
            event = ReleasePublished.model_validate_json(row["body"])
            self._add(as_release(event))
            found.append(event)
            self._arrival = max(self._arrival, row["arrival"])
        return found

    async def catch_up(self, settings: MessagingSettings, installation: Installation, pool: asyncpg.Pool) -> None:
        """Read the releases topic to its end before anything else is read."""
        records = await read_to_end(settings, installation.physical("rules.releases"))
        events = [ReleasePublished.model_validate_json(r.value) for r in records if r.value]
        async with transaction(pool) as db:
            await self.keep(db, events)
            await self.refresh(db)
        log.info("%d releases known at start", len(self._known))
