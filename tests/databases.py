"""Databases of one test, each made when somebody asks for its address: making one costs more than most tests do."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import asyncpg
from embedded.stack import Stack
from provision.postgres import provision_postgres


class Databases(Mapping[str, str]):
    """The address of each service's database, by the name of the service."""

    def __init__(self, stack: Stack, prefix: str, services: Sequence[str]) -> None:
        self._stack = stack
        self._prefix = prefix
        self._services = tuple(services)
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
                self._made[service] = pool.submit(asyncio.run, self._make(self.name(service))).result()
        return self._made[service]

    async def _make(self, name: str) -> str:
        password = secrets.token_urlsafe(24)
        await provision_postgres(self._stack.database_url("postgres"), {name: password})
        return self._stack.database_url(name, name, password)

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
