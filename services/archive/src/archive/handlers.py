"""Rows of what happened to cases; at ticks, answers to proposals that wait for one, and sealing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import ProposalAdopted, ProposalChecked
from common.rulebook.book import ReleaseBook

from archive import store
from archive.columns import parquet_of
from archive.ends import AskEnds
from archive.questions import Answers, ready, wait_for_backtest, wait_for_score
from archive.rows import KINDS, row_of

SEAL_BYTES = 16 * 1024 * 1024
"""Of the journal: from here on it is sealed at the next tick. Some 100,000 rows."""


class ArchiveHandler:
    """Everything the archive does about a batch."""

    types: frozenset[type[Event]] = frozenset({*KINDS, ProposalChecked, ProposalAdopted, TimePassed})

    def __init__(
        self, book: ReleaseBook, ask_ends: AskEnds, seal_bytes: int = SEAL_BYTES, scratch: Path | None = None
    ) -> None:
        """`scratch`: where the past is written while it is asked; None: where the system says."""
        self._book = book
        self._ask_ends = ask_ends
        self._seal_bytes = seal_bytes
        self._scratch = scratch

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        await store.add(db, [row_of(d.event, d.envelope) for d in batch if type(d.event) in KINDS])
        emits: list[Emit] = []
        for delivery in batch:
            if isinstance(delivery.event, ProposalChecked):
                await wait_for_backtest(delivery.event, delivery.envelope, db)
            elif isinstance(delivery.event, ProposalAdopted):
                await wait_for_score(delivery.event, delivery.envelope, db)
            elif isinstance(delivery.event, TimePassed):
                emits += await self._tick(delivery.event, db)
        return emits

    async def _tick(self, tick: TimePassed, db: asyncpg.Connection) -> list[Emit]:
        asked = await ready(db, tick.since, self._ask_ends)
        large = await store.journal_bytes(db) >= self._seal_bytes
        if not asked and not large:
            return []
        with TemporaryDirectory(prefix="otklik-archive-", dir=self._scratch) as name:
            folder = Path(name)
            if large:
                await self._seal(db, folder)
            return await self._answers(asked, db, folder) if asked else []

    async def _seal(self, db: asyncpg.Connection, folder: Path) -> None:
        await store.lock_journal(db)
        csv = folder / "sealed.csv"
        rows = await store.copy_out(db, csv)
        await store.seal(db, rows, await asyncio.to_thread(parquet_of, csv, folder))

    async def _answers(
        self, asked: Sequence[store.WaitingProposal], db: asyncpg.Connection, folder: Path
    ) -> list[Emit]:
        answers = Answers(self._book, *await store.past(db, folder), folder)
        emits = []
        for one in asked:
            emits.append(await answers.answer(one))
            await store.done(db, one)
        return emits
