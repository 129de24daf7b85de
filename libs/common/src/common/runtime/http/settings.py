"""What a process may be told that serves more over HTTP than health and metrics."""

from __future__ import annotations

from pydantic import Field

from common.runtime.settings import Settings


class HttpSettings(Settings):
    """Bounds of the port, for whoever connects."""

    http_rate: float = Field(
        default=100.0, ge=0, description="requests a second taken from one client address; 0: no limit"
    )
    http_burst: float = Field(default=300.0, ge=1, description="requests taken from it at once after a quiet time")
    http_connections: int = Field(default=1_000, ge=8, description="open connections at a time")
    http_connections_per_address: int = Field(
        default=256, ge=1, description="of one client address; beyond it the one that sends slowest is closed"
    )
    http_head_seconds: float = Field(default=10.0, gt=0, description="longest for request line and headers")
    http_body_seconds: float = Field(
        default=10.0, gt=0, description="longest for a body, plus one second for each 1,000 bytes that came"
    )
    health_port: int | None = Field(
        default=None,
        description="port of health and metrics alone, where pages are public; none: http_port",
    )
    trusted_proxies: str = Field(
        default="",
        description="comma-separated addresses or networks of proxies whose X-Forwarded-For names the client and"
        " whose X-Forwarded-Proto says whether it came over TLS",
    )
