"""Ids of notices: what a receipt is about can be read from the id it names, so nothing need be kept of each notice.

`<case, message or conversation>.<notice>.<cause>.<check>`, for example
`0b6c1f0e-3a1d-5d0a-9a53-6a1f8b7a0c11.answered.5f0c9a7be2d1.0f4b8c2a6d1e9b37`. The check keeps ids apart that were never
given, or given on another channel; it is no secret, since a channel vouches for its own deliveries anyway.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from common.contracts.unambiguous_bytes import joined

FORM = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z_]{1,40})\.([0-9a-f]{12})\.([0-9a-f]{16})")


def notice_id(channel: str, about: str, notice: str, cause: tuple[str, str]) -> str:
    """The id of a notice `about` a case (or a message that was refused, or a conversation that is told of proposals),
    brought about by `cause` (source and id)."""
    because = _hash(6, *cause)
    return f"{about}.{notice}.{because}.{_hash(8, channel, about, notice, because)}"


def read_notice_id(channel: str, given: str) -> tuple[str, str] | None:
    """What a notice is about and which it is; None when no notice of this channel has such an id."""
    found = FORM.fullmatch(given)
    if found is None:
        return None
    about, notice, because, check = found.groups()
    return (about, notice) if check == _hash(8, channel, about, notice, because) else None


def _hash(size: int, *parts: str) -> str:
    return blake2b(joined(parts, "\0"), digest_size=size).hexdigest()
