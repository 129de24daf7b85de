"""The public log of cases over HTTP: made once a day of the clock, out of all that is sealed and the journal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import asyncpg
from common.messaging.clock import last_tick
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from archive import store
from archive.open_data import COLUMNS, FEWEST, FILES, write_open_data

TYPES = {
    "cases.csv": "text/csv; charset=utf-8", "cases.parquet": "application/vnd.apache.parquet",
    "dictionary.json": "application/json",
}  # fmt: skip
NOTHING_YET = "no tick has been heard yet, so nothing is known to be complete"


class OpenData:
    """The files of one day at a time, in a folder that goes with the process."""

    def __init__(self, pool: asyncpg.Pool, scratch: Path | None) -> None:
        self._pool = pool
        self._scratch = scratch
        self._lock = asyncio.Lock()
        self._made: tuple[datetime, TemporaryDirectory[str]] | None = None

    async def file(self, name: str) -> bytes | None:
        """One of FILES: all that happened before the day of the last tick began; None before the first tick."""
        async with self._lock:
            tick = await last_tick.latest(self._pool)
            if tick is None:
                return None
            until = datetime.combine(tick.since.astimezone(UTC).date(), time(0), UTC)
            if self._made is None or self._made[0] != until:
                made = TemporaryDirectory(prefix="otklik-open-data-", dir=self._scratch)
                await self._write(Path(made.name), until)
                if self._made is not None:
                    self._made[1].cleanup()
                self._made = until, made
            return await asyncio.to_thread((Path(self._made[1].name) / name).read_bytes)

    async def _write(self, target: Path, until: datetime) -> None:
        with TemporaryDirectory(prefix="otklik-archive-", dir=self._scratch) as name:
            folder = Path(name)
            async with self._pool.acquire() as held, held.transaction(isolation="repeatable_read", readonly=True):
                parquet, csv = await store.past(cast(asyncpg.Connection, held), folder)
            await asyncio.to_thread(write_open_data, parquet, csv, folder, until, target)

    def routes(self) -> list[Route]:
        return [Route("/open-data", self._page), Route("/open-data/{name}", self._file)]

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return JSONResponse({"error": f"there is no file {name!r}; there are {', '.join(FILES)}"}, 404)
        content = await self.file(name)
        if content is None:
            return JSONResponse({"error": NOTHING_YET}, 503)
        return Response(content, media_type=TYPES[name])


def _rows() -> str:
    return "".join(
        f"<tr><th scope=row>{escape(c.name)}</th><td>{escape(c.type)}</td><td>{escape(c.meaning)}</td></tr>"
        for c in COLUMNS
    )


PAGE = f"""<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>Open data: cases</title><h1>Open data: cases</h1>
<p>One row a case, nothing that leads to a citizen: no id, name, text, address or day. Month, region, area, category and
channel, as a row gives them, are shared by {FEWEST} rows at least; where they were not, the row says less.</p>
<ul>{"".join(f'<li><a href="/open-data/{name}">{name}</a></li>' for name in FILES)}</ul>
<table><thead><tr><th scope=col>Column<th scope=col>Type<th scope=col>Meaning</tr></thead>
<tbody>{_rows()}</tbody></table>
</html>"""
