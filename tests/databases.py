"""Databases of one test, each made when somebody asks for its address: making one costs more than most tests do."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
from common.messaging.postgres import PLUMBING, migrate
from embedded.stack import Stack

SERVICES = Path(__file__).parent.parent / "services"
OWNERS = "tables"
"""A role that owns what templates hold; the role of each database made of one is a member."""
TEMPLATES: set[tuple[Path, str]] = set()
"""That were made in this process, by server and kind of service."""


class Databases(Mapping[str, str]):
    """The address of each service's database, by the name of the service. `migrated`: with the tables that it will have
    once its service has started, which is then done sooner.
    """

    def __init__(self, stack: Stack, prefix: str, services: Sequence[str], *, migrated: bool = True) -> None:
        self._stack = stack
        self._prefix = prefix
        self._services = tuple(services)
        self._migrated = migrated
        self._made: dict[str, str] = {}

    def name(self, service: str) -> str:
        """Databases are shared by the server, so they carry the prefix."""
        return f"{self._prefix}-{service}"

    def __getitem__(self, service: str) -> str:
        if service not in self._services:
            raise KeyError(service)
        if service not in self._made:
            # Whoever asks may be a coroutine or not, so it is made in a loop of its own.
            with ThreadPoolExecutor(1) as pool:
                self._made[service] = pool.submit(asyncio.run, self._make(service)).result()
        return self._made[service]

    async def _make(self, service: str) -> str:
        name, password = self.name(service), secrets.token_urlsafe(24)
        db = await asyncpg.connect(self._stack.database_url("postgres"))
        try:
            template = await self._template(db, service) if self._migrated else "template1"
            await db.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")
            await db.execute(f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE "{template}"')
            await db.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
            if self._migrated:
                await db.execute(f'GRANT "{OWNERS}" TO "{name}"')
        finally:
            await db.close()
        return self._stack.database_url(name, name, password)

    async def _template(self, db: asyncpg.Connection, service: str) -> str:
        """A database with a service's tables, made once a server."""
        kind = service.partition("-")[0]
        name, password = f"template-{kind}", secrets.token_urlsafe(24)
        if (self._stack.folder, kind) not in TEMPLATES:
            known = await db.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", OWNERS)
            await db.execute(f"{'ALTER' if known else 'CREATE'} ROLE \"{OWNERS}\" LOGIN PASSWORD '{password}'")
            await db.execute(f'CREATE DATABASE "{name}" OWNER "{OWNERS}"')
            url = self._stack.database_url(name, OWNERS, password)
            async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
                await migrate(pool, [PLUMBING, SERVICES / kind / "migrations"])
            TEMPLATES.add((self._stack.folder, kind))
        return name

    def __iter__(self) -> Iterator[str]:
        return iter(self._services)

    def __len__(self) -> int:
        return len(self._services)

    async def drop(self) -> None:
        """Take what was made off the server; it may be gone itself."""
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            db = await asyncpg.connect(self._stack.database_url("postgres"))
            try:
                for name in map(self.name, self._made):
                    await db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                    await db.execute(f'DROP ROLE IF EXISTS "{name}"')
            finally:
                await db.close()
