"""Taking files in, giving them out, and letting them go."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
from collections.abc import Sequence
from typing import Literal

import asyncpg
from common.contracts.attachments import MOST_BYTES, Attachment, attachment_of, name_of
from common.contracts.frozen import value
from common.contracts.signing import Signer, Verifier
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.telemetry.metrics import HTTP_LIMITED
from common.messaging.works import left_undone

from channels.attachments import room_store as rooms
from channels.attachments import store
from channels.attachments.cleaned_file import Cleaned, Unwelcome
from channels.attachments.cleaner import Cleaner
from channels.attachments.objects import KEY_BYTES, Objects
from channels.attachments.rooms import KEPT_WHERE_FULL, ROOMS, UNDER_WAY_KEPT, Way
from channels.attachments.store import Kept
from channels.bodies import Refused

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
DELETED_AT_ONCE, SETTLED_AT_ONCE = 100, 1_000
GONE = "gone"
"""What a name says in place of a file that is here no more."""
FETCHED_AT_ONCE = 2
"""Files that are fetched for bots, and wait in memory until they are kept."""


@value
class Named:
    """A file that was taken, and what a message may name it by."""

    name: str
    attachment: Attachment


class Attachments:
    """Files of one installation; `url` is where object storage is, empty where there is none."""

    def __init__(self, pool: asyncpg.Pool, signer: Signer | None, url: str) -> None:
        """Raises ValueError for an address of storage that is none."""
        self._pool = pool
        self._signer = signer
        self._objects = Objects(url) if url else None
        self._cleaner = Cleaner()
        self.fetching = asyncio.Semaphore(FETCHED_AT_ONCE)
        """Held by whoever fetches a file, until it is kept."""

    @property
    def kept_here(self) -> bool:
        """Whether this installation keeps files at all."""
        return self._objects is not None and self._signer is not None

    async def keep(self, channel: str, data: bytes, source: str, way: Way) -> Named:
        """Clean and keep a file that came on this channel; until a message names it, it counts as its source's.

        Raises Refused (404, 413, 415, 429, 503).
        """
        objects, signer = self._objects, self._signer
        if objects is None or signer is None:
            raise Refused(404, "this installation keeps no attachments: OTKLIK_ATTACHMENTS names no storage")
        if len(data) > MOST_BYTES:
            raise Refused(413, f"the file is larger than {MOST_BYTES} bytes")
        whose = hashlib.blake2b(source.encode(), digest_size=16).digest()
        try:
            await self._must_have_room(way, whose, len(data))
            clean = await self._cleaner.clean(data, known=way == "talk")
            kept = Attachment(
                id=secrets.token_hex(16), media_type=clean.media_type, size=len(clean.data),
                picture=clean.thumbnail is not None,
            )  # fmt: skip
            key = os.urandom(KEY_BYTES)
            await rooms.add(self._pool, kept, channel, key, source=whose, way=way, room=ROOMS[way])
            await self._put(objects, kept.id, clean, key)
        except rooms.NoRoom as none:
            raise _no_room(none.whose) from none
        except Unwelcome as unwelcome:
            raise Refused(415, str(unwelcome)) from unwelcome
        except (TransientError, *DATABASE_AWAY) as error:
            log.warning("a file was not taken: %s", error)
            raise Refused(503, "the file was not taken: send it again", {"retry-after": "5"}) from error
        return Named(name_of(kept, channel, signer), kept)

    async def under_way(self, channel: str, names: Sequence[str], verifier: Verifier) -> tuple[str, ...]:
        """Names of files in a message that is about to be published: they are kept for it. One of a file that is gone
        becomes one that is no file's, and intake tells the citizen. Raises what the database raises."""
        ids = {name: told.id for name in names if (told := attachment_of(name, channel, verifier)) is not None}
        if not ids or not self.kept_here:
            return tuple(names)
        here = await rooms.put_under_way(self._pool, channel, set(ids.values()), UNDER_WAY_KEPT)
        return tuple(name if name not in ids or ids[name] in here else f"{channel}:{GONE}" for name in names)

    async def for_official(self, attachment_id: str, person: str) -> Kept | None:
        """A file that an official opens, which is noted; None where there is none. Raises Refused (503)."""
        try:
            found = await store.of_official(self._pool, attachment_id)
            if found is not None:
                await store.note_opening(self._pool, attachment_id, person)
        except DATABASE_AWAY as error:
            raise Refused(503, "the file cannot be read now: ask again") from error
        return found

    async def for_citizen(self, attachment_id: str, fingerprint: bytes) -> Kept | None:
        """A file of the conversation whose secret this is the fingerprint of. Raises Refused (503)."""
        try:
            return await store.of_citizen(self._pool, attachment_id, fingerprint)
        except DATABASE_AWAY as error:
            raise Refused(503, "the file cannot be read now: ask again") from error

    async def read(self, kept: Kept, *, small: bool) -> bytes | None:
        """The bytes, or of a picture the small form; None where they are gone. Raises Refused (503)."""
        if self._objects is None:
            return None
        where = _thumbnail(kept.id) if small and kept.thumbnail else _file(kept.id)
        try:
            return await self._objects.get(where, kept.key)
        except TransientError as error:
            log.warning("a file cannot be read: %s", error)
            raise Refused(503, "the file cannot be read now: ask again") from error

    async def let_go(self) -> None:
        """Delete what was erased, and what no message has named. Raises TransientError and what the database raises."""
        if self._objects is None:
            return
        for step in (rooms.expire, rooms.settle):
            while await step(self._pool, SETTLED_AT_ONCE) == SETTLED_AT_ONCE:
                pass
        while gone := await store.to_be_deleted(self._pool, DELETED_AT_ONCE):
            for one in gone:
                await self._objects.delete(_file(one))
                await self._objects.delete(_thumbnail(one))
            await store.forget(self._pool, gone)

    async def _put(self, objects: Objects, name: str, clean: Cleaned, key: bytes) -> None:
        try:
            await objects.put(_file(name), clean.data, key)
            if clean.thumbnail is not None:
                await objects.put(_thumbnail(name), clean.thumbnail, key)
        except TransientError:
            # It would count as its source's, who is about to send it again.
            with left_undone("let_go_of_a_file_not_kept"):
                await rooms.let_go(self._pool, name)
            raise

    async def _must_have_room(self, way: Way, source: bytes, size: int) -> None:
        """Before work is spent on the file; whether there is room indeed, the database says when it is added."""
        room = ROOMS[way]
        whose = await rooms.full(self._pool, way, source, size, room)
        if whose is None:
            return
        theirs = rooms.EVERY if whose == "every" else source
        await rooms.make_room(self._pool, way, theirs, KEPT_WHERE_FULL, SETTLED_AT_ONCE)
        await rooms.settle(self._pool, SETTLED_AT_ONCE)
        whose = await rooms.full(self._pool, way, source, size, room)
        if whose is not None:
            raise _no_room(whose)


def _no_room(whose: Literal["own", "every"]) -> Refused:
    if whose == "own":
        HTTP_LIMITED.labels("files").inc()
        words = "too many files from your address wait for the messages that name them: send those first"
        return Refused(429, words, {"retry-after": "600"})
    return Refused(503, "too many files wait for the messages that name them", {"retry-after": "600"})


def _file(attachment_id: str) -> str:
    return f"{attachment_id[:2]}/{attachment_id}"


def _thumbnail(attachment_id: str) -> str:
    return f"{attachment_id[:2]}/{attachment_id}.small"
