"""Has files cleaned, one at a time, each in a process of its own: one that breaks or fills it is refused, no more."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.messaging.failures import TransientError

from channels.attachments.cleaned_file import Cleaned, Unwelcome

log = logging.getLogger(__name__)

MODULE = "channels.attachments.cleaning_process"
PROGRAM: tuple[str, ...] = ("-m", MODULE)
PATIENCE_SECONDS = 60.0
"""For one file, also on a machine that has much else to do."""
STRANGERS_WAIT = 3
"""Files of unknown senders that are cleaned or wait for it; the next are told to come again."""
ENDED = (-signal.SIGINT, -signal.SIGTERM)
"""By whoever ends the service; every other signal is the file's doing."""
BROKE = "the file breaks what is to open it, or takes too long: send it in another form"


class Cleaner:
    """The queue for the one place there is. Of strangers one at a time stands in it, so that they cannot fill it."""

    def __init__(self) -> None:
        self._place = asyncio.Lock()
        self._strangers = asyncio.Lock()
        self._waiting = 0

    async def clean(self, data: bytes, *, known: bool) -> Cleaned:
        """`known`: who sends it is more than an address. Raises Unwelcome and TransientError."""
        if known:
            async with self._place:
                return await clean(data)
        async with self._one_stranger(), self._strangers, self._place:
            return await clean(data)

    @asynccontextmanager
    async def _one_stranger(self) -> AsyncIterator[None]:
        if self._waiting >= STRANGERS_WAIT:
            raise TransientError(f"{STRANGERS_WAIT} files are being cleaned")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


async def clean(data: bytes) -> Cleaned:
    """The file without what it tells of place, device and person. Raises Unwelcome, and TransientError where it could
    not be tried."""
    try:
        # Of our environment, which holds keys, it gets nothing.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", *PROGRAM, env={"PATH": os.defpath},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except (OSError, MemoryError) as error:
        raise TransientError(f"no process for cleaning could be started: {error}") from error
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, said = await process.communicate(data)
    except TimeoutError as error:
        raise TransientError(f"a file was not cleaned within {PATIENCE_SECONDS:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    words = said.decode("utf-8", "replace").strip()[-200:]
    if process.returncode in ENDED or (process.returncode or 0) > 0:
        raise TransientError(f"cleaning ended with {process.returncode}: {words}")
    if process.returncode:
        log.warning("a file is refused: cleaning it ended by signal %d", -process.returncode)
        raise Unwelcome(BROKE)
    if words:
        log.warning("a file is refused: %s", words)
    return _answered(out)


def _answered(out: bytes) -> Cleaned:
    line, _, rest = out.partition(b"\n")
    head = json.loads(line)
    if "unwelcome" in head:
        raise Unwelcome(head["unwelcome"])
    size = head["size"]
    return Cleaned(head["media_type"], rest[:size], rest[size:] or None)
