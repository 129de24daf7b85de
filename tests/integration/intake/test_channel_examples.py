"""The programs that `otklik channel new` lays out, each run as its README says against a real broker and intake."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import intake.app
import pytest
from common.contracts.events.channel import NoticeDelivered
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.federation.country import load_federation
from common.runtime.service import Service
from embedded.provision import provision_channel
from otklik.channel_example import example
from otklik.channel_new import lay_out
from provision.channel_access import Access

from tests.conftest import Ground
from tests.kafka import eventually, records_of, types_of

CHANNEL = "pigeon-post"
FETCH = "OTKLIK_EXAMPLES_FETCH" in os.environ
"""Packages may be fetched (`make examples`); otherwise those that are on this machine must do. What is not Python is
slow, so that it is left out of `make test`."""
NODE = (22, 22)
LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Example:
    """How one is made ready, and run."""

    prepare: Sequence[Sequence[str]]
    run: Sequence[str]


def _python() -> Example:
    return Example([], [sys.executable, "channel.py"])


def _node() -> Example:
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    offline = [] if FETCH else ["--offline"]
    node = "node"
    if version < NODE:
        # Its own path: the starter of a package hands no signals on.
        newer = ["npx", *offline, "--yes", "node@22", "-p", "process.execPath"]
        node = subprocess.run(newer, capture_output=True, text=True, check=False).stdout.strip() or "node"
    return Example(
        [["npm", "ci", *offline], [node, "-e", "require('node:zlib').zstdDecompressSync.name"]], [node, "channel.js"]
    )


def _go() -> Example:
    return Example([["go", "build", "-o", "channel", "."]], ["./channel"])


def _java() -> Example:
    maven = ["mvn", "-q", "-B", *([] if FETCH else ["-o"])]
    return Example([[*maven, "compile"]], ["java", "-cp", "target/classes:target/lib/*", "Channel"])


LANGUAGES: dict[str, tuple[str, Callable[[], Example]]] = {
    "python": (sys.executable, _python), "node": ("npm", _node), "go": ("go", _go), "java": ("mvn", _java),
}  # fmt: skip


def prepared(language: str, folder: Path) -> Example:
    """The example ready to run; skips the test where this machine has not what it needs."""
    tool, make = LANGUAGES[language]
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} on this machine")
    one = make()
    for command in one.prepare:
        surroundings = os.environ | ({} if FETCH else {"GOPROXY": "off", "GOTOOLCHAIN": "local"})
        done = subprocess.run(
            command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
        if done.returncode != 0 and not FETCH:
            pytest.skip(f"packages of the example in {language} are not on this machine: `make examples` fetches them")
        assert done.returncode == 0, done.stdout + done.stderr
    return one


async def run(one: Example, folder: Path, *words: str, sent_at: str | None = None) -> str:
    """All that it printed; `sent_at` instead of now."""
    surroundings = os.environ | ({"EXAMPLE_SENT_AT": sent_at} if sent_at else {})
    process = await asyncio.create_subprocess_exec(
        *one.run, *words, cwd=folder, env=surroundings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(LONGEST_SECONDS):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return told.decode()


@asynccontextmanager
async def listening(one: Example, folder: Path) -> AsyncIterator[list[str]]:
    """The lines that it prints while it listens; at its end it is asked to stop, as by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *one.run, "listen", cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    stream, lines = process.stdout, list[str]()
    assert stream is not None

    async def read() -> None:
        async for line in stream:
            lines.append(line.decode())

    reading = asyncio.create_task(read())
    try:
        yield lines
    finally:
        process.terminate()
        async with asyncio.timeout(LONGEST_SECONDS):
            await process.wait()
        await reading


@pytest.mark.parametrize(
    "language", ["python", *(pytest.param(one, marks=pytest.mark.slow) for one in LANGUAGES if one != "python")]
)
async def test_an_example_sends_delivers_says_what_became_of_it_and_hears_what_was_not_taken(
    language: str, ground: Ground, tmp_path: Path
) -> None:
    password = provision_channel(ground.stack, ground.installation, CHANNEL)
    access = Access(ground.stack.kafka_bootstrap, ground.installation.prefix, CHANNEL, password)
    said = example(load_federation(ground.federation), None)
    lay_out(tmp_path / CHANNEL, access, said, [language])
    folder = tmp_path / CHANNEL / language
    one = prepared(language, folder)
    service = Service(ground.settings("intake"), intake.app.build)
    await service.start()
    try:
        now = datetime.now(UTC).isoformat()
        first = (await run(one, folder, "send", "talk-1", "The lamp is dark", sent_at=now)).split()[-1]
        await run(one, folder, "send", "talk-1", "The lamp is dark", first, sent_at=now)
        await run(one, folder, "send", "talk-1", "The lamp is off", first)
        await run(one, folder, "send", "talk-1", "The next one too", "of-my-own")
        await run(one, folder, "send", "nowhere-1", "A hole")
        await run(one, folder, "verdict", "talk-1", "perhaps")
        async with listening(one, folder) as lines:

            async def all_there() -> bool:
                told = "".join(lines)
                return told.count("notice registered") == 2 and told.count("rejected ") >= 2

            await eventually(all_there)
            receipts = await records_of(ground, "intake", f"channel.{CHANNEL}.receipts", 2)
        told = "".join(lines)
        assert ("rejected invalid: verdict" in told, told.count("rejected repeated")) == (True, 1)
        messages = await records_of(ground, "intake", "intake.messages", 4)
    finally:
        await service.stop()
    kinds = types_of(messages)
    assert (kinds.count(MessageRegistered.type), kinds.count(MessageAdded.type)) == (2, 1), "a repeat is no message"
    became = [NoticeDelivered.model_validate_json(r.value or b"") for r in receipts]
    assert sorted((b.delivered, b.reason) for b in became) == [(False, "no such address"), (True, None)]
    assert all((r.key or b"").decode() == b.notice_id for r, b in zip(receipts, became, strict=True))
