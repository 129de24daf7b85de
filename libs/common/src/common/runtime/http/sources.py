"""Who stands behind an HTTP connection: its address, or what a trusted proxy says in X-Forwarded-For."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

IPV6_PREFIX = 64
"""Bits that tell one customer of a provider from another; the rest they choose freely."""


@lru_cache(maxsize=4096)
def source_of(host: str) -> str:
    """What is limited together: an IPv4 address, or an IPv6 network of one customer."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return host if address is None else str(address)


class Proxies:
    """The proxies of a setting: addresses and networks, separated by commas. Raises ValueError for anything else."""

    def __init__(self, trusted: str) -> None:
        self._networks = tuple(ip_network(part.strip(), strict=False) for part in trusted.split(",") if part.strip())

    def trusts(self, host: str) -> bool:
        """Whether an address is one of them."""
        if not self._networks:
            return False
        address = _address(host)
        return address is not None and any(
            address in network for network in self._networks if network.version == address.version
        )

    def client(self, host: str, forwarded: Sequence[bytes]) -> str:
        """The last address that a trusted proxy saw and that is none itself; `host` where none can be read.

        `forwarded` holds the values of X-Forwarded-For in order; what stands before the first untrusted address from
        the right is the sender's own word.
        """
        seen = host
        for part in reversed(b",".join(forwarded).decode("latin-1").split(",")):
            if not self.trusts(seen):
                break
            address = _address(_without_port(part.strip()))
            if address is None:
                break
            seen = str(address)
        return seen


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
