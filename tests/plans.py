"""What a store asks of its database: how many statements, and whether any reads a large table whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

ROWS = 20_000
PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
OF_TYPE = {
    "text": "'{name}-' || n", "bytea": "convert_to('{name}-' || n, 'UTF8')", "boolean": "false",
    "timestamp with time zone": "timestamptz '2011-07-01' + n * interval '1 second'", "date": "date '2011-07-01' + n",
    "smallint": "n % 1000", "integer": "n", "bigint": "n", "double precision": "n", "jsonb": "'{{}}'::jsonb",
    "ARRAY": "'{{}}'",
}  # fmt: skip
"""What row `n` has in a column, by the column's type."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


class Explaining:
    """A connection that explains what it is asked, as it runs it; tables that were read whole are put in `scanned`, and
    indexes that were asked in `indexes`."""

    def __init__(self, db: asyncpg.Connection, scanned: set[str]) -> None:
        self._db, self._scanned = db, scanned
        self.indexes: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def _explain(self, query: str, values: tuple[Any, ...]) -> None:
        if query.lstrip().startswith(PLANNED):
            plan = json.loads(await self._db.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values))
            found = list(nodes(plan[0]["Plan"]))
            self._scanned |= {n["Relation Name"] for n in found if n["Node Type"] == "Seq Scan"}
            self.indexes |= {n["Index Name"] for n in found if "Index Name" in n}

    async def fetch(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._db.fetch(query, *values)

    async def fetchrow(self, query: str, *values: Any) -> Any:
        rows = await self.fetch(query, *values)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *values: Any) -> Any:
        row = await self.fetchrow(query, *values)
        return row[0] if row else None

    async def execute(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._db.execute(query, *values)

    async def executemany(self, query: str, rows: Any) -> None:
        for values in rows:
            await self.execute(query, *values)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Explaining]:
        yield self


class Listening:
    """A connection that notes what it is asked."""

    def __init__(self, db: asyncpg.Connection) -> None:
        self._db = db
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._db, name)
        if name not in ("fetch", "fetchval", "fetchrow", "execute", "executemany"):
            return found

        def asked(query: str, *values: Any) -> Any:
            self.asked.append(query)
            return found(query, *values)

        return asked


async def fill(db: asyncpg.Connection, tables: Mapping[str, Mapping[str, str]]) -> None:
    """ROWS rows in each of these tables, row `n` with `<column>-<n>` or what is given for a column as an expression;
    columns with a default keep it, and so do those of numbers, times and marks that may be empty."""
    for table, given in tables.items():
        columns = await db.fetch(
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND column_default IS NULL"
            " AND (is_nullable = 'NO' OR data_type IN ('text', 'bytea'))",
            table,
        )
        made = {row["name"]: OF_TYPE[row["type"]].format(name=row["name"]) for row in columns} | dict(given)
        names = ", ".join(f'"{name}"' for name in made)
        await db.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(made.values())}"  # noqa: S608 - of the test's own
            f" FROM generate_series(1, {ROWS}) AS n"
        )
    await db.execute("ANALYZE")
