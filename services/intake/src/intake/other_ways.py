"""Where a notice may be said again that its channel could not deliver: in which order, and how often. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from common.contracts.events.channel import OtherContact
from common.contracts.frozen import value
from common.federation.country import ReachedFirst

from intake.address import EMAIL, Addresses

KEPT = timedelta(days=14)
"""How long the words of a notice are kept for it: longer than any channel tries."""
KEPT_DELIVERED = timedelta(days=3)
"""After its channel said that it is delivered: a mail may still come back."""
MOST_COPIES = 50
"""Of one citizen's notices, the newest."""
UNASKED: tuple[tuple[timedelta, int], ...] = ((timedelta(days=1), 3), (timedelta(days=30), 10))
"""How many notices an address that was given elsewhere gets within such a time, whoever gave it and however often."""
REMEMBERED = max(within for within, _ in UNASKED)


@value
class GivenAddress:
    """One that can be written to, in one spelling."""

    channel: str
    address: str


def given_addresses(
    others: Sequence[OtherContact], own_channel: str, reaches: Mapping[str, ReachedFirst], addresses: Addresses
) -> tuple[GivenAddress, ...]:
    """Those of these to which notices can be said again: one a channel that writes to whoever never wrote there."""
    found: dict[str, GivenAddress] = {}
    for one in others:
        address = addresses.canonical(one.channel, one.address)
        if one.channel == own_channel or reaches.get(one.channel) != "anyone" or not _fits(one.channel, address):
            continue
        found.setdefault(one.channel, GivenAddress(one.channel, address))
    return tuple(found.values())


def unwritable(
    others: Sequence[OtherContact], own_channel: str, reaches: Mapping[str, ReachedFirst], addresses: Addresses
) -> tuple[str, ...]:
    """Channels of these on which nobody can be written to first, or not at such an address: no code can go there."""
    beside = [one for one in others if one.channel != own_channel]
    found = [
        one.channel
        for one in beside
        if reaches.get(one.channel) != "anyone" or not _fits(one.channel, addresses.canonical(one.channel, one.address))
    ]
    return tuple(dict.fromkeys(found))


def _fits(channel: str, address: str) -> bool:
    """Whether a canonical address is one of the channel's."""
    if channel == "email":
        return EMAIL.fullmatch(address) is not None
    if channel == "sms":
        return address.startswith("+") and address[1:].isdecimal()
    return bool(address)


def may_be_written_to(said_within: Sequence[int]) -> bool:
    """By how many notices an address got within each time of `UNASKED`."""
    return all(said < most for said, (_, most) in zip(said_within, UNASKED, strict=True))
