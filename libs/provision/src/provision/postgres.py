"""A database and a role of the same name for each service, closed to the others."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from provision.errors import ProvisionError


async def provision_postgres(administrator_url: str, passwords: Mapping[str, str]) -> None:
    """Make what is missing and set the passwords, by database name. Needs a superuser. Raises ProvisionError."""
    try:
        db = await asyncpg.connect(administrator_url)
        try:
            roles = {r["rolname"] for r in await db.fetch("SELECT rolname FROM pg_roles")}
            held = {r["datname"] for r in await db.fetch("SELECT datname FROM pg_database")}
            for name, password in passwords.items():
                # Names and passwords cannot be parameters of these statements; PostgreSQL's format() quotes them.
                verb = "ALTER" if name in roles else "CREATE"
                await _run(db, f"{verb} ROLE %I LOGIN PASSWORD %L", name, password)
                if name not in held:
                    await _run(db, "CREATE DATABASE %1$I OWNER %1$I", name)
                await _run(db, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        finally:
            await db.close()
    except (asyncpg.PostgresError, OSError) as error:
        raise ProvisionError(f"PostgreSQL could not be prepared: {error}") from error


async def _run(db: asyncpg.Connection, form: str, *values: str) -> None:
    await db.execute(await db.fetchval("SELECT format($1::text, VARIADIC $2::text[])", form, list(values)))
