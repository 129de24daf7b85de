"""Two channels of one person: a code that was sent to the one is written on the other. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

from common.contracts.events.base import Place
from common.contracts.events.channel import MessageReceived
from common.contracts.frozen import value

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of codes: none looks like another."""
CODE = re.compile(rf"\s*([{LETTERS}]{{4}})[-\s]?([{LETTERS}]{{4}})\s*", re.IGNORECASE)
LONGEST = 40
"""Characters of a message that may be a code."""
TERM = timedelta(days=1)
"""How long a code counts."""
MOST_WRONG = 5
"""Wrong codes, after which none is awaited any more."""
MOST_CODES = 5
"""Codes that are sent to one citizen within the term, whoever asks for them and whatever becomes of them."""
MOST_IN_THREAD = 5
"""Requests in one conversation within the term, whomever they are about."""
MOST_OF_CITIZEN = 10
"""Requests of one citizen within the term, in whichever conversations."""

MOST_VOICES = 1_000
"""Of a linked conversation, that become the other's."""


@value
class AwaitedCode:
    """A code that is awaited in a conversation."""

    thread: bytes
    """A keyed hash of channel and conversation."""
    citizen: str
    """Who asked for it."""
    other: str
    """To whom it was sent."""
    code: bytes
    """A keyed hash."""
    asked_at: datetime
    wrong: int = 0
    """Other codes that came instead."""


@value
class AskedCodes:
    """How often codes were asked for within the term, before."""

    to_other: int
    in_thread: int
    by_citizen: int


def request_outcome(asked: AskedCodes) -> Literal["code_sent", "code_withheld", "link_limited"]:
    """Whether a code is sent. Who asks hears of the own limits; that the other was sent enough is not told, since that
    would tell that there is such an address."""
    if asked.in_thread >= MOST_IN_THREAD or asked.by_citizen >= MOST_OF_CITIZEN:
        return "link_limited"
    return "code_sent" if asked.to_other < MOST_CODES else "code_withheld"


def code_in(event: MessageReceived) -> str | None:
    """The code that a message is, as it was sent; None for a message that says or brings anything else."""
    if len(event.text) > LONGEST or event.category or event.attachments or event.place != Place():
        return None
    found = CODE.fullmatch(event.text)
    return f"{found[1]}-{found[2]}".upper() if found is not None else None


def code_of(digest: bytes) -> str:
    """A code of eight letters from a keyed hash of at least eight bytes."""
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:8])
    return f"{letters[:4]}-{letters[4:]}"


def judge(awaited: AwaitedCode, given: bytes, at: datetime) -> Literal["linked", "link_wrong", "link_ended"]:
    """What a code does: links, may be tried again, or ends it. `given` is its keyed hash."""
    if at > awaited.asked_at + TERM:
        return "link_ended"
    if given == awaited.code:
        return "linked"
    return "link_wrong" if awaited.wrong + 1 < MOST_WRONG else "link_ended"
