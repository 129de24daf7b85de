"""Idempotency keys: what each was first used with. Posts that come together are asked about together."""

from __future__ import annotations

import asyncio

import asyncpg

from intake import store


class Keys:
    """While one question is under way the next ones gather, so that many posts cost what one does."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[str, bytes, asyncio.Future[bool]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def same_body(self, key: str, body: bytes) -> bool:
        """Remember what a key is first used with; False when it was used with something else.

        Raises what the database raises.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, body, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                first = await store.first_bodies(self._pool, [(key, body) for key, body, _ in asked])
            except asyncio.CancelledError:
                for _, _, answer in (*asked, *self._waiting):
                    answer.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - it is raised by each who waits
                for _, _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for key, body, answer in asked:
                if not answer.done():
                    answer.set_result(first.get(key) == body)
