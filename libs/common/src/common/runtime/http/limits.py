"""What an HTTP port takes from whoever connects: sizes in bytes, times in seconds."""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace

from common.runtime.http.settings import HttpSettings
from common.runtime.settings import Settings

FILES_KEPT = 256
"""Open files that a process needs for other things than connections of its HTTP port."""
UNIT, UNIT_OF_LARGE = 16_384, 262_144
"""A body counts as one request more for each of these bytes."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of one port."""

    head_bytes: int = 32_768
    """Request line and headers together."""
    headers: int = 100
    url_bytes: int = 8_192
    body_bytes: int = 262_144
    buffered_bytes: int = 67_108_864
    """All bodies of the port that are on their way or being answered."""
    pipelined: int = 16
    """Requests of one connection that may wait for the answer of the one before."""
    head_seconds: float = 10.0
    """From the first byte of a request, or from the connection, to the end of its headers."""
    body_seconds: float = 10.0
    """For a body, and more by `body_rate`."""
    body_rate: float = 1_000.0
    """Bytes a second that a body must come with after that."""
    total_seconds: float = 60.0
    """The longest for a body or for reading an answer, whatever its size."""
    answer_seconds: float = 10.0
    """The longest without the reader of an answer taking any of it."""
    idle_seconds: float = 5.0
    """Between two requests of one connection."""
    connections: int = 1_000
    connections_per_address: int = 256
    rate: float = 100.0
    """Requests a second of one source; 0: no limit."""
    burst: float = 300.0
    """Requests of one source at once, after a quiet time."""
    trusted_proxies: str = ""
    large_bodies: tuple[tuple[str, int], ...] = ()
    """By the beginning of a path: how many bytes a body may have there instead. It counts as a request more for each
    `UNIT_OF_LARGE` alone."""

    def most(self, url: bytes) -> tuple[int, int]:
        """How many bytes a body to an address may have, and for how many of them it counts as one request more."""
        for beginning, size in self.large_bodies:
            if url.startswith(beginning.encode()):
                return size, UNIT_OF_LARGE
        return self.body_bytes, UNIT

    @classmethod
    def of(cls, settings: Settings) -> HttpLimits:
        """As the settings say, else as it stands here; no more connections than the process may have open files."""
        told = settings if isinstance(settings, HttpSettings) else None
        found = cls()
        if told is not None:
            found = cls(
                head_seconds=told.http_head_seconds,
                body_seconds=told.http_body_seconds,
                connections=told.http_connections,
                connections_per_address=told.http_connections_per_address,
                rate=told.http_rate,
                burst=told.http_burst,
                trusted_proxies=told.trusted_proxies,
            )
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return found
        most = min(found.connections, max(soft - FILES_KEPT, soft // 2))
        return replace(found, connections=most, connections_per_address=min(found.connections_per_address, most))
