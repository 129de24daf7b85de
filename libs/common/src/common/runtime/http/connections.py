"""The open connections of an HTTP port: whose they are, and which is given up when there are too many.

A newcomer is never turned away for the sake of one that makes the server wait: of the address that holds the most, the
connection goes that has kept the server waiting longest. So slow senders displace each other, also behind one address.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from common.runtime.http.limits import HttpLimits

STREAM_SECONDS = 5.0
"""An answer that takes longer is a stream; it may be ended when its address has no other to give up."""


class Connection(Protocol):
    """What the table asks of a connection."""

    address: str
    held: int
    """Bytes of bodies that this connection keeps in memory."""

    def crowd_out(self, words: str) -> None: ...

    def check(self, now: float) -> None: ...


class _OfAddress:
    __slots__ = ("answered", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[Connection, float] = {}
        """That wait for their sender, by since when, longest first."""
        self.answered: dict[Connection, float] = {}
        """That the server works for, by since when, longest first."""

    def __len__(self) -> int:
        return len(self.waiting) + len(self.answered)

    def oldest(self) -> float:
        return next(iter(self.waiting.values()), float("inf"))


class Connections:
    """A table of connections by address."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._by_address: dict[str, _OfAddress] = {}
        self._count = 0
        self._held = 0

    def __len__(self) -> int:
        return self._count

    def add(self, connection: Connection, now: float, *, shared: bool) -> bool:
        """Take a new connection in; False when there is no room for it. A `shared` address, such as a proxy's, may
        have all of them."""
        own = self._by_address.setdefault(connection.address, _OfAddress())
        room = True
        if not shared and len(own) >= self._limits.connections_per_address:
            room = self._give_up(own, now, "this address has too many open connections")
        if room and self._count >= self._limits.connections:
            greediest = max(self._by_address.values(), key=lambda a: (len(a), -a.oldest()))
            room = self._give_up(greediest, now, "there are too many open connections")
        if room:
            # The last one of the address may have been the one given up.
            own = self._by_address.setdefault(connection.address, own)
            own.waiting[connection] = now
            self._count += 1
        elif not len(own):
            self._by_address.pop(connection.address, None)
        return room

    def begin(self, connection: Connection, now: float) -> None:
        """The server works for it."""
        own = self._by_address.get(connection.address)
        if own is not None and own.waiting.pop(connection, None) is not None:
            own.answered[connection] = now

    def end(self, connection: Connection, now: float) -> None:
        """The server waits for it again."""
        own = self._by_address.get(connection.address)
        if own is not None and own.answered.pop(connection, None) is not None:
            own.waiting[connection] = now

    def remove(self, connection: Connection) -> None:
        """It is closed, or as good as that."""
        self.release(connection, connection.held)
        own = self._by_address.get(connection.address)
        if own is None:
            return
        there = own.waiting.pop(connection, None), own.answered.pop(connection, None)
        self._count -= there != (None, None)
        if not len(own):
            del self._by_address[connection.address]

    def hold(self, connection: Connection, size: int) -> None:
        """Part of a body has come; where all of them are too large together, slow ones are given up."""
        connection.held += size
        self._held += size
        while self._held > self._limits.buffered_bytes and self._count:
            greediest = max(self._by_address.values(), key=lambda a: sum(c.held for c in a.waiting))
            holders = [c for c in greediest.waiting if c.held]
            if not holders:
                return
            self._end(holders[0], "there are too many messages under way")

    def release(self, connection: Connection, size: int) -> None:
        """A body was answered, or thrown away."""
        size = min(size, connection.held)
        connection.held -= size
        self._held -= size

    def check(self, now: float) -> None:
        """Look at every connection; each cuts itself off when it is too slow."""
        everyone = [c for a in self._by_address.values() for c in (*a.waiting, *a.answered)]
        for connection in everyone:
            connection.check(now)

    async def watch(self) -> None:
        """Look at them every second."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(1)
            self.check(clock())

    def _give_up(self, own: _OfAddress, now: float, words: str) -> bool:
        victim = next(iter(own.waiting), None)
        if victim is None:
            victim = next((c for c, since in own.answered.items() if now - since > STREAM_SECONDS), None)
        if victim is None:
            return False
        self._end(victim, words)
        return True

    def _end(self, victim: Connection, words: str) -> None:
        victim.crowd_out(words)
        self.remove(victim)
