"""Addresses: ours with their tags, and citizens' in one spelling. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import idna
from common.contracts.frozen import value

ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\x00-\x1f\x7f]{1,64}@[^\s@<>\"(),:;\\/\x00-\x1f\x7f]{1,255}")
"""Of a citizen: without quoted parts, comments and blanks, which no provider gives out."""
MAX_ADDRESS = 320
TAG = "+"


class NoAddress(ValueError):
    """What is given is no e-mail address that anything could be sent to."""


def checked(given: str) -> str:
    """An address as it is sent to: the domain in its ASCII form. Raises NoAddress."""
    if len(given) > MAX_ADDRESS or not ADDRESS.fullmatch(given):
        raise NoAddress
    local, _, domain = given.rpartition("@")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise NoAddress
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise NoAddress from error
    if not all(part and not part.startswith("-") and not part.endswith("-") for part in domain.split(".")):
        raise NoAddress
    return f"{local}@{domain}"


def same(address: str) -> str:
    """The one spelling in which addresses are compared."""
    return address.strip().lower()


@value
class OurAddresses:
    """Where citizens write to; notices come from the first."""

    each: tuple[str, ...]

    @classmethod
    def read(cls, setting: str) -> OurAddresses:
        """Of a comma-separated list. Raises NoAddress."""
        return cls(tuple(same(checked(one.strip())) for one in setting.split(",") if one.strip()))

    @property
    def first(self) -> str:
        return self.each[0]

    @property
    def domain(self) -> str:
        """Of Message-IDs."""
        return self.first.rpartition("@")[2]

    def tagged(self, tag: str) -> str:
        local, _, domain = self.first.rpartition("@")
        return f"{local}{TAG}{tag}@{domain}"

    def tag_of(self, address: str) -> str | None:
        """Of an address of ours its tag, empty where it has none; None for any other address."""
        given = same(address)
        if given in self.each:
            return ""
        local, _, domain = given.rpartition("@")
        bare, _, tag = local.partition(TAG)
        return tag if f"{bare}@{domain}" in self.each else None

    def any_of(self, addresses: Sequence[str]) -> bool:
        return any(self.tag_of(one) is not None for one in addresses)
