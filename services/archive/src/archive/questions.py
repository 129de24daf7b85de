"""Proposals that wait for an answer of the past: when each can be given, and the answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.archive import ForecastScored, ProposalBacktested
from common.contracts.events.base import Event
from common.contracts.events.rules import ProposalAdopted, ProposalChecked
from common.messaging.failures import TransientError
from common.messaging.telemetry.metrics import NOT_REPLAYABLE
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from pydantic import TypeAdapter

from archive import store
from archive.backtest import backtested, why_not
from archive.ends import AskEnds, End, from_json, reached, still_there, to_json
from archive.score import scored
from archive.store import WaitingProposal

log = logging.getLogger(__name__)

ENVELOPES = TypeAdapter(Envelope)
TOPICS = {"backtest": "archive.backtests", "score": "archive.scores"}


async def wait_for_backtest(event: ProposalChecked, envelope: Envelope, db: asyncpg.Connection) -> None:
    """From now on the proposal waits, as of its check."""
    body = event.model_dump_json()
    await store.remember(db, event.proposal_id, body)
    text = ENVELOPES.dump_json(envelope).decode()
    await store.wait(db, WaitingProposal("backtest", event.proposal_id, envelope.time, text, body))


async def wait_for_score(event: ProposalAdopted, envelope: Envelope, db: asyncpg.Connection) -> None:
    """From now on the adopted change waits for its review, where it has one."""
    body = await store.checked(db, event.proposal_id)
    if body is None:
        log.warning("proposal %s was adopted, and no check of it was read: it is not scored", event.proposal_id)
        return
    review_at = event.review_at
    if review_at is None:
        forecast = ProposalChecked.model_validate_json(body).forecast
        review_at = None if forecast is None else forecast.review_after(event.effective_at)
    if review_at is not None:
        text = ENVELOPES.dump_json(envelope).decode()
        await store.wait(
            db, WaitingProposal("score", event.proposal_id, review_at, text, body, since=event.effective_at)
        )  # fmt: skip


async def ready(db: asyncpg.Connection, tick_since: datetime, ask_ends: AskEnds) -> list[WaitingProposal]:
    """Proposals whose answer can be given.

    One waits for the first tick that begins at the time it is answered as of, or later, when all that happened before
    lies on its topics, and then until that is read, which a later tick finds: so the answer is the same however far
    behind this service is, and if it begins anew.
    """
    due = await store.due(db, tick_since)
    waited = [one for one in due if one.ends is not None]
    new = [one for one in due if one.ends is None]
    stands = {place: End(*at) for place, at in (await store.positions(db)).items()} if waited else {}
    found = [one for one in waited if reached(stands, from_json(one.ends or "{}"))]
    unread = [one for one in waited if one not in found]
    if not new and not unread:
        return found
    now = await ask_ends()
    await store.must_read(db, new, to_json(now))
    for one in unread:
        ends = still_there(from_json(one.ends or "{}"), now)
        if reached(stands, ends):
            found.append(one)
        elif to_json(ends) != one.ends:
            await store.must_read(db, [one], to_json(ends))
    return sorted(found, key=due.index)


class Answers:
    """Answers proposals that are ready out of a past that was written into a folder."""

    def __init__(self, book: ReleaseBook, parquet: Sequence[Path], csv: Path, folder: Path) -> None:
        self._book = book
        self._past = parquet, csv, folder

    async def answer(self, one: WaitingProposal) -> Emit:
        """One that makes its replay fail is answered too: it keeps no other from its answer."""
        said = await asyncio.to_thread(self._score if one.asks == "score" else self._backtest, one)
        # As of its own time: a service that begins anew says it again with the same one.
        return Emit(TOPICS[one.asks], one.proposal_id, said, ENVELOPES.validate_json(one.envelope), one.as_of)

    def _backtest(self, one: WaitingProposal) -> Event:
        def replay() -> ProposalBacktested:
            proposal = ProposalChecked.model_validate_json(one.body)
            return backtested(
                proposal.proposal_id, proposal.patch, proposal.evidence, one.as_of, self._book, *self._past
            )  # fmt: skip

        def failed(reason: str) -> ProposalBacktested:
            return ProposalBacktested(
                proposal_id=one.proposal_id, verdict="not_replayable", reason=reason, as_of=one.as_of
            )  # fmt: skip

        return _or_not_replayable(one, replay, failed)

    def _score(self, one: WaitingProposal) -> Event:
        since = one.since or one.as_of

        def replay() -> ForecastScored:
            proposal = ProposalChecked.model_validate_json(one.body)
            return scored(proposal, since, one.as_of, self._book, *self._past)

        def failed(reason: str) -> ForecastScored:
            return ForecastScored(
                proposal_id=one.proposal_id, proposer="", measure="", verdict="not_scorable", code="not_replayable",
                reason=reason, since=since, until=one.as_of,
            )  # fmt: skip

        return _or_not_replayable(one, replay, failed)


def _or_not_replayable(one: WaitingProposal, replay: Callable[[], Event], failed: Callable[[str], Event]) -> Event:
    try:
        return replay()
    except ReleaseMissing as error:
        raise TransientError(str(error)) from error
    except (TransientError, OSError, MemoryError):
        raise
    except Exception as error:
        log.exception("proposal %s cannot be replayed", one.proposal_id)
        NOT_REPLAYABLE.labels(one.asks).inc()
        return failed(why_not(error))
