"""Channels as a process of its own, so that its memory is its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import KEY, ROOT, Ground
from tests.kafka import eventually


@dataclass(frozen=True)
class Running:
    pid: int
    port: int


@asynccontextmanager
async def channels_process(ground: Ground, errors: Path) -> AsyncIterator[Running]:
    """Started and answering; what it says on standard error goes to a file."""
    port = _free_port()
    settings = ground.settings("channels")
    assert settings.kafka_password is not None
    given = {
        "NAME": "channels", "PREFIX": settings.prefix, "KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "KAFKA_USER": "channels", "KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "DATABASE_URL": settings.database_url, "FEDERATION": str(settings.federation), "KEYS": str(settings.keys),
        "HTTP_PORT": str(port), "TIME": "ticks", "EDGE_KEY": KEY,
    }  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **{f"OTKLIK_{name}": value for name, value in given.items()}}
    with errors.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "channels.app", env=environment, stderr=file
        )

    async def answers() -> bool:
        if process.returncode is not None:
            raise RuntimeError(f"channels ended with {process.returncode}: {_end_of(errors)}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(answers)
        yield Running(process.pid, port)
        if process.returncode is not None:
            raise RuntimeError(f"channels ended with {process.returncode}: {_end_of(errors)}")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()


def _end_of(file: Path) -> str:
    return file.read_text()[-2000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
