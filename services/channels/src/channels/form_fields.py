"""What forms of people without an account share: who writes, and how a field is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from common.contracts.events.channel import OtherContact

MAX_ADDRESS = 320
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+|\+?[\d(][\d\s().-]{4,}")
"""An e-mail address or a telephone number."""
ONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""Made with the form: the same form sent again is the same message."""


class FormWrong(ValueError):
    """Why a form cannot be taken, in English; `field` is the one to look at."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def is_address(text: str) -> bool:
    return len(text) <= MAX_ADDRESS and text.isprintable() and ADDRESS.fullmatch(text) is not None


def other_ways(address: str | None, channels: Collection[str]) -> tuple[OtherContact, ...]:
    """Where whoever gave this address may be told what cannot be delivered on the form's own channel, as far as the
    federation has such a channel."""
    channel = "email" if address and "@" in address else "sms"
    return (OtherContact(channel=channel, address=address),) if address and channel in channels else ()


def written(text: str) -> str:
    """Words of a form as they were meant: browsers end lines by two characters."""
    return text.replace("\r\n", "\n").strip()
