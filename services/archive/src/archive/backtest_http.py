"""Backtests of patches that nobody has proposed, over HTTP: one at a time, within a time, kept nowhere."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import asyncpg
from common.contracts.events.archive import ProposalBacktested
from common.contracts.patch import Patch
from common.messaging.clock import last_tick
from common.messaging.failures import TransientError
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive import store
from archive.backtest import backtested, why_not
from archive.time_limit import TimeLimit, TooLong

log = logging.getLogger(__name__)

MOST_SECONDS = 60.0
NOT_PROPOSED = ""
"""Stands for the id of a proposal where there is none."""


class AskedBacktest(BaseModel):
    """What is posted. Of the evidence only its `first`, `last` and `cells` count, as a proposal's."""

    patch: Patch
    evidence: dict[str, Any] = Field(default_factory=dict)


class Backtests:
    """Answers as of the last tick, by the past as it stands then."""

    def __init__(
        self, pool: asyncpg.Pool, book: ReleaseBook, scratch: Path | None, seconds: float = MOST_SECONDS
    ) -> None:
        self._pool = pool
        self._book = book
        self._scratch = scratch
        self._seconds = seconds
        self._busy = False

    def routes(self) -> list[Route]:
        return [Route("/backtests", self._post, methods=["POST"])]

    async def _post(self, request: Request) -> Response:
        # A page of another site may post a form from a browser, and nothing of this type unasked.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _no(415, "a backtest is asked for in application/json")
        try:
            asked = AskedBacktest.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return _no(422, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}")
        if self._busy:
            return _no(429, "another backtest is being made: ask again when it is done", {"Retry-After": "5"})
        self._busy = True
        try:
            found = await self._backtest(asked)
        except TooLong:
            return _no(503, f"it takes longer than {self._seconds:g} s: propose it, and it is answered all the same")
        except (ReleaseMissing, TransientError) as error:
            return _no(503, str(error))
        except (asyncpg.PostgresError, OSError):
            raise
        except Exception as error:
            log.exception("a posted patch cannot be replayed")
            return _no(422, f"the patch cannot be replayed: {why_not(error)}")
        finally:
            self._busy = False
        if found is None:
            return _no(503, "no tick has been heard yet, so nothing is known to be complete")
        return Response(found.wire(), media_type="application/json")

    async def _backtest(self, asked: AskedBacktest) -> ProposalBacktested | None:
        """None before the first tick. What happened before the last tick began lies on its topics."""
        tick = await last_tick.latest(self._pool)
        if tick is None:
            return None
        with TemporaryDirectory(prefix="otklik-archive-", dir=self._scratch) as name:
            folder = Path(name)
            async with self._pool.acquire() as held, held.transaction(isolation="repeatable_read", readonly=True):
                parquet, csv = await store.past(cast(asyncpg.Connection, held), folder)
            return await asyncio.to_thread(
                backtested, NOT_PROPOSED, asked.patch, asked.evidence, tick.since, self._book, parquet, csv, folder,
                TimeLimit(self._seconds),
            )  # fmt: skip


def _no(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": words}, status, headers)
