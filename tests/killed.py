"""A service as a process of its own, killed at a moment that its database tells."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg
import pytest
from pydantic import SecretStr

from tests.conftest import ROOT, Ground
from tests.kafka import eventually


async def killed_when(ground: Ground, name: str, question: str, **changes: object) -> None:
    """Run a service until its database answers a question with yes: then SIGKILL."""
    settings = ground.settings(name, **changes)
    given = {field: getattr(settings, field) for field in settings.model_fields_set}
    variables = {
        f"OTKLIK_{field.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for field, value in given.items()
        if value is not None
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", f"{name}.app",
        env={**os.environ, "PYTHONPATH": str(ROOT), "OTKLIK_HTTP_PORT": "0", **variables},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    db = await asyncpg.connect(ground.urls[name])
    try:

        async def yes() -> bool:
            if process.returncode is not None:
                pytest.fail(f"{name} ended by itself")
            try:
                return bool(await db.fetchval(question))
            except asyncpg.UndefinedTableError:
                return False

        await eventually(yes)
    finally:
        await db.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
