"""Whoever watches a page is woken when something has changed."""

from __future__ import annotations

import asyncio


class Changes:
    """A number that grows with each batch, and those who wait for it."""

    def __init__(self) -> None:
        self.number = 0
        self._changed = asyncio.Condition()

    async def tell(self) -> None:
        async with self._changed:
            self.number += 1
            self._changed.notify_all()

    async def wait_beyond(self, number: int) -> int:
        async with self._changed:
            await self._changed.wait_for(lambda: self.number > number)
            return self.number
