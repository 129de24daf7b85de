"""Rows of what happened to cases; at ticks, backtests of the proposals that were checked, and sealing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import orjson
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.rules import ProposalChecked
from common.messaging.failures import TransientError
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from pydantic import TypeAdapter

from archive import store
from archive.backtest import backtested
from archive.columns import parquet_of
from archive.ends import AskEnds, reached
from archive.rows import KINDS, row_of

SEAL_BYTES = 16 * 1024 * 1024
"""Of the journal: from here on it is sealed at the next tick. Some 100,000 rows."""
ENVELOPES = TypeAdapter(Envelope)


class ArchiveHandler:
    """Everything the archive does about a batch."""

    types: frozenset[type[Event]] = frozenset({*KINDS, ProposalChecked, TimePassed})

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
                await store.wait(db, _waiting(delivery.event, delivery.envelope))
            elif isinstance(delivery.event, TimePassed):
                emits += await self._tick(delivery.event, db)
        return emits

    async def _tick(self, tick: TimePassed, db: asyncpg.Connection) -> list[Emit]:
        """A proposal waits for the first tick that begins after its check, when all that happened before the check is
        on its topics, and then until that is read, which a later tick finds: so the answer is the same however far
        behind this service is, and if it begins anew."""
        due = await store.due(db, tick.since)
        ready = []
        if waited := [one for one in due if one.ends is not None]:
            stands = await store.positions(db)
            ready = [one for one in waited if reached(stands, orjson.loads(one.ends or "{}"))]
        if new := [one.proposal_id for one in due if one.ends is None]:
            await store.must_read(db, new, orjson.dumps(dict(await self._ask_ends())).decode())
        large = await store.journal_bytes(db) >= self._seal_bytes
        if not ready and not large:
            return []
        with TemporaryDirectory(prefix="otklik-archive-", dir=self._scratch) as name:
            folder = Path(name)
            if large:
                await self._seal(db, folder)
            return await self._backtests(ready, db, folder) if ready else []

    async def _seal(self, db: asyncpg.Connection, folder: Path) -> None:
        await store.lock_journal(db)
        csv = folder / "sealed.csv"
        rows = await store.copy_out(db, csv)
        await store.seal(db, rows, await asyncio.to_thread(parquet_of, csv, folder))

    async def _backtests(
        self, proposals: Sequence[store.WaitingProposal], db: asyncpg.Connection, folder: Path
    ) -> list[Emit]:
        parquet, csv = await store.past(db, folder)
        emits = []
        for one in proposals:
            proposal = ProposalChecked.model_validate_json(one.body)
            cause = ENVELOPES.validate_json(one.envelope)
            try:
                said = await asyncio.to_thread(
                    backtested, proposal, one.checked_at, self._book, parquet, csv, folder
                )  # fmt: skip
            except ReleaseMissing as error:
                raise TransientError(str(error)) from error
            # As of the check: a service that begins anew says it again with the same time.
            emits.append(Emit("archive.backtests", one.proposal_id, said, cause, one.checked_at))
            await store.done(db, one.proposal_id)
        return emits


def _waiting(event: ProposalChecked, envelope: Envelope) -> store.WaitingProposal:
    text = ENVELOPES.dump_json(envelope).decode()
    return store.WaitingProposal(event.proposal_id, envelope.time, text, event.model_dump_json(), None)
