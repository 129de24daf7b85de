"""`otklik` as an operator gives it at a cluster that the environment names."""

from __future__ import annotations

import asyncio

import pytest
from otklik.main import app
from typer.testing import CliRunner, Result

from tests.conftest import Ground


async def otklik(ground: Ground, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    environment = {
        "NAME": "operator", "PREFIX": ground.installation.prefix, "KAFKA_BOOTSTRAP": ground.stack.kafka_bootstrap,
        "KAFKA_USER": "operator", "KAFKA_PASSWORD": ground.passwords["operator"], "DATABASE_URL": "postgresql://none",
        "FEDERATION": str(ground.federation), "KEYS": str(ground.keys),
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"OTKLIK_{name}", value)
    return await asyncio.to_thread(CliRunner().invoke, app, words)
