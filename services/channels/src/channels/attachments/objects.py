"""Object storage: sealed files by their ids, in a folder or in a bucket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, TypeVar

import obstore
from common.messaging.failures import TransientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.exceptions import BaseError
from obstore.store import from_url

NONCE = 12
KEY_BYTES = 32

T = TypeVar("T")


class Objects:
    """What lies in storage is sealed under a key of each file, which is kept elsewhere: without it nobody reads it."""

    def __init__(self, url: str) -> None:
        """`url` as object storage writes it: `file:///folder`, `s3://bucket/prefix` with its credentials in the
        environment."""
        options: dict[str, Any] = {"mkdir": True} if url.startswith("file:") else {}
        self._store = from_url(url, **options)

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        """Raises TransientError when the storage does not take it."""
        nonce = os.urandom(NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, data, name.encode())
        await _asked(obstore.put, self._store, name, sealed)

    async def get(self, name: str, key: bytes) -> bytes | None:
        """None for a file that is not there. Raises TransientError when the storage does not answer."""
        try:
            sealed = await _asked(self._read, name)
        except FileNotFoundError:
            return None
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())

    async def delete(self, name: str) -> None:
        """Also one that is not there. Raises TransientError when the storage does not answer."""
        try:
            await _asked(obstore.delete, self._store, name)
        except FileNotFoundError:
            return

    def _read(self, name: str) -> bytes:
        return bytes(obstore.get(self._store, name).bytes())


async def _asked(question: Callable[..., T], *about: Any) -> T:
    """In a thread: the library's own coroutines may abort the process when it ends."""
    try:
        return await asyncio.to_thread(question, *about)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise TransientError(f"object storage does not answer: {error}") from error
