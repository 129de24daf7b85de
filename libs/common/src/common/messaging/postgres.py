"""A service's own database: pool and migrations."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg

from common.messaging.failures import TransientError

LOOK_SECONDS = 0.2
DELETED_AT_ONCE = 5_000
"""Rows."""
T = TypeVar("T")
Database = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
PLUMBING = Path(__file__).parent / "sql"

IDLE_IN_TRANSACTION = "60s"
"""After this the server ends the transaction of a process that was paused inside it, which frees its locks."""

MIGRATION_SECONDS = 86_400.0
"""An index over years of records takes longer than any statement of a handler may; None would mean the pool's limit."""

NAME_LOCK_CLASS = 0x07C2
NAME_LOCKS = 256
"""A power of two."""

DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    OSError,
    TimeoutError,
)
"""What a database that is restarting or busy looks like: it may pass."""


class MigrationChanged(RuntimeError):
    """A migration that has already run was edited; write a new one instead."""


async def open_pool(url: str, schema: str = "") -> asyncpg.Pool:
    """A pool for one process; raises TransientError when the server cannot be reached.

    With `schema` all tables that are named without one lie there; it is made where it is not there.

    Sessions go back as they are, without asyncpg's statement that resets them, which each transaction would pay for:
    who changes a session beyond a transaction (settings, locks, notices) undoes it with `give_back`.
    """
    more = {"search_path": f'"{schema}"'} if schema else {}
    try:
        if schema:
            await _make_schema(url, schema)
        return await asyncpg.create_pool(
            url,
            min_size=2,
            max_size=6,
            command_timeout=60,
            server_settings={"idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION, **more},
            reset=_leave,
        )
    except DATABASE_AWAY as error:
        raise TransientError(f"the database cannot be reached: {error}") from error


async def _make_schema(url: str, schema: str) -> None:
    db = await asyncpg.connect(url)
    try:
        if not await db.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = $1", schema):
            await db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    finally:
        await db.close()


async def _leave(_: asyncpg.Connection) -> None:
    """Keep a session's state; asyncpg has rolled back what was open."""


async def give_back(db: Database) -> None:
    """Undo what a session was changed by beyond its transactions; one that cannot be asked any more is ended."""
    try:
        await db.reset()
    except BaseException as error:
        with suppress(*DATABASE_AWAY):
            db.terminate()
        if not isinstance(error, DATABASE_AWAY):
            raise


async def migrate(pool: asyncpg.Pool, folders: list[Path]) -> None:
    """Run every `*.sql` of the folders once, in order of folder and name, each in its own transaction; it and the wait
    for another replica's may take MIGRATION_SECONDS, whatever the pool allows a statement.

    Raises MigrationChanged when a file that has run is not the file that ran.
    """
    async with pool.acquire() as db:
        await db.execute("SELECT pg_advisory_lock(hashtext('otklik.migrate'))", timeout=MIGRATION_SECONDS)
        try:
            await db.execute(
                "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
                " run_at timestamptz NOT NULL DEFAULT now())"
            )
            done = {row["name"]: row["sha256"] for row in await db.fetch("SELECT name, sha256 FROM migration")}
            for folder in folders:
                for path in sorted(folder.glob("*.sql")):
                    name = f"{'common' if folder == PLUMBING else 'service'}/{path.name}"
                    text = path.read_text()
                    digest = hashlib.sha256(text.encode()).hexdigest()
                    if name in done:
                        if done[name] != digest:
                            raise MigrationChanged(f"{name} was edited after it ran; put the change in a new file")
                        continue
                    async with db.transaction():
                        await db.execute(text, timeout=MIGRATION_SECONDS)
                        await db.execute("INSERT INTO migration (name, sha256) VALUES ($1, $2)", name, digest)
        finally:
            await db.execute("SELECT pg_advisory_unlock(hashtext('otklik.migrate'))")


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool inside one transaction: committed at the end, rolled back on any error."""
    async with pool.acquire() as db, db.transaction():
        yield cast(asyncpg.Connection, db)


async def lock_names(db: asyncpg.Connection, names: Iterable[str]) -> None:
    """Lock names that may have no row yet until the transaction ends, in one order for everybody.

    Two replicas that hear of one thing for the first time on two topics would else both find nothing, and the later
    write would undo the earlier. Look again for the rows afterwards. Names share NAME_LOCKS locks by their hash: the
    server's table of locks is small, and a batch may hold thousands of names.
    """
    await db.execute(
        "SELECT pg_advisory_xact_lock($2::int, k) FROM (SELECT DISTINCT hashtext(n) & ($3::int - 1) AS k"
        " FROM unnest($1::text[]) AS n ORDER BY k) AS ordered",
        list(names),
        NAME_LOCK_CLASS,
        NAME_LOCKS,
    )


async def delete_in_steps(pool: asyncpg.Pool, statement: str, *about: Any, step: int = DELETED_AT_ONCE) -> int:
    """Run a DELETE, whose last argument says how many rows at most, until there are no more; returns how many.

    Each step is a transaction of its own, so that none locks much, and none is undone by the time limit of the pool.
    """
    deleted = 0
    while True:
        done = await pool.execute(statement, *about, step)
        count = int(done.split()[-1])
        deleted += count
        if count < step:
            return deleted


async def copy_in(
    db: asyncpg.Connection, table: str, *, columns: Sequence[str], records: Sequence[tuple[Any, ...]]
) -> None:
    """COPY records into a table. asyncpg's own waits for ever, without its timeout, when the server goes while a large
    copy is under way; here that is a ConnectionError.
    """
    await while_open(db, db.copy_records_to_table(table, columns=list(columns), records=records))


async def while_open(db: asyncpg.Connection, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Ends it and raises ConnectionError when the session, and with it its locks, ends first."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if task.done():
                return task.result()
            if db.is_closed():
                raise ConnectionError("the session has ended, and what it had locked is free")
    finally:
        task.cancel()
        await asyncio.wait({task})
